import { createHash } from 'node:crypto'
import { SlipwayError } from '../../core/errors.js'
import { sinkFailure } from '../../core/sink-failure.js'
import type { OutputPlan, PartitionWriter, TableSink } from '../../core/table.js'
import { csvHeader } from './csv-lines.js'
import { textOf } from './text-file-sink.js'

export interface StdoutSinkOptions {
  readonly format: 'csv' | 'jsonl'
  readonly plan: OutputPlan
  readonly stream: NodeJS.WritableStream
}

/**
 * Rows as text on a stream, partition after partition. What is written cannot be taken back: nothing is resumable, and a partition is kept in
 * memory until it is committed. A reader that goes away is CANCELLED.
 */
export function createStdoutSink(options: StdoutSinkOptions): TableSink {
  const { format, plan, stream } = options
  const lines = textOf(options)
  let bytes = 0
  const send = async (block: Buffer): Promise<void> => {
    await written(stream, block)
    bytes += block.length
  }
  return {
    commits: 'in-order',
    async prepare() {
      if (format === 'csv') await send(Buffer.from(csvHeader(plan.columns)))
    },
    committed: () => Promise.resolve([]),
    open: () => Promise.resolve(partWriter(lines, send)),
    finish: (records) =>
      Promise.resolve({ location: 'standard output', rows: records.reduce((sum, { written: rows }) => sum + rows, 0), bytes }),
    discard: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

function partWriter(lines: ReturnType<typeof textOf>, send: (block: Buffer) => Promise<void>): PartitionWriter {
  let blocks: Buffer[] = []
  const hash = createHash('sha256')
  let bytes = 0
  return {
    write(batch) {
      const block = Buffer.from(lines(batch))
      hash.update(block)
      bytes += block.length
      blocks.push(block)
      return Promise.resolve()
    },
    async commit(record) {
      const made = await record([], { bytes, checksum: `sha256:${hash.digest('hex')}` })
      for (const block of blocks) await send(block)
      blocks = []
      return made
    },
    abort() {
      blocks = []
      return Promise.resolve()
    },
  }
}

/** Resolves when the stream has taken the block over: never more than one waits in memory. */
function written(stream: NodeJS.WritableStream, block: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(failure(error))
    stream.once('error', fail)
    stream.write(block, (error) => {
      // The stream tells an error twice: to the write, then as an event, which nobody else may be listening to.
      if (error === null || error === undefined) stream.removeListener('error', fail)
      if (error) fail(error)
      else resolve()
    })
  })
}

function failure(error: Error): unknown {
  if ('code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')) {
    return new SlipwayError('CANCELLED', 'the reader of the output went away', { cause: error })
  }
  return sinkFailure('writing the output', error)
}
