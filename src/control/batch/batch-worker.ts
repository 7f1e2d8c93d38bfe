import { SlipwayError } from '../../core/errors.js'
import { scorePartition } from '../../targets/batch/score-partition.js'
import type { Partition, RowCounts } from '../../core/table.js'
import { createLogger } from '../create-logger.js'
import { type OpenScoring, openScoring } from './open-scoring.js'
import { type FromBatchWorker, toFailure, type ToBatchWorker } from './worker-protocol.js'

// A process that scores partitions for the coordinator of a run. It ends with the coordinator: nothing goes on that nobody waits for.

const progressMs = 200

let scoring: OpenScoring | null = null
let abort = new AbortController()
let grantTurn: () => void = () => {}

function tell(message: FromBatchWorker): void {
  if (process.connected) process.send!(message)
}

async function score(partition: Partition): Promise<void> {
  abort = new AbortController()
  let last = 0
  const progress = (counts: RowCounts): void => {
    const now = performance.now()
    if (now - last < progressMs) return
    last = now
    tell({ type: 'progress', counts: { ...counts }, rssBytes: process.memoryUsage.rss() })
  }
  const turn = (): Promise<void> =>
    new Promise((resolve, reject) => {
      grantTurn = resolve
      abort.signal.addEventListener('abort', () => reject(new SlipwayError('CANCELLED', 'the run was interrupted')), { once: true })
      tell({ type: 'waiting' })
    })
  const record = await scorePartition(scoring!.parts, partition, { turn, progress, signal: abort.signal })
  tell({ type: 'done', record, rssBytes: process.memoryUsage.rss() })
}

async function handle(message: ToBatchWorker): Promise<void> {
  switch (message.type) {
    case 'open':
      scoring = await openScoring(message.spec, await createLogger('warn'))
      return tell({ type: 'ready' })
    case 'score':
      return score(message.partition)
    case 'turn':
      return grantTurn()
    case 'abort':
      return abort.abort(new SlipwayError('CANCELLED', 'the run was interrupted'))
    case 'close':
      await scoring?.close()
      process.disconnect()
  }
}

process.on('message', (message: ToBatchWorker) => {
  handle(message).catch((error: unknown) => tell({ type: 'failed', error: toFailure(error) }))
})
process.on('disconnect', () => process.exit(0))
// The coordinator hears the terminal's signals, and tells its workers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
