import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { SlipwayError, toSlipwayError } from '../../core/errors.js'
import { watchParent } from './parent-watch.js'
import { fromWire, toWire } from './protocol.js'
import type { FromWorker, LoadedExecutor, ToWorker, WireError, WireFrame, WorkerLoad, WorkerLoader } from './protocol.js'

// The process side of a model worker: it carries frames between the gateway and the executor that the loader opens.

let executor: LoadedExecutor | null = null

async function load(request: WorkerLoad): Promise<void> {
  // Before anything else: what is loaded may hang.
  watchParent(ownFolder())
  try {
    const loader = (await import(request.loader)) as WorkerLoader
    executor = await loader.openExecutor(request)
    reply({ kind: 'ready', info: executor.info ?? null })
  } catch (error) {
    reply({ kind: 'refused', error: { ...wireError(error), detail: causeOf(error) } })
  }
}

async function run(wire: WireFrame): Promise<void> {
  try {
    if (executor === null) throw new SlipwayError('NOT_READY', 'the worker has loaded nothing yet')
    const { frame, timings } = await executor.execute(fromWire(wire), {})
    // On Linux the gateway looks for itself, even while a run blocks this process.
    const residentBytes = process.platform === 'linux' ? null : process.memoryUsage.rss()
    reply({ kind: 'done', frame: toWire(frame), timings, residentBytes })
  } catch (error) {
    reply({ kind: 'failed', error: wireError(error) })
  }
}

async function close(): Promise<void> {
  try {
    await executor?.close()
  } finally {
    process.disconnect()
  }
}

function reply(message: FromWorker): void {
  if (process.connected) process.send!(message)
}

function wireError(thrown: unknown): WireError {
  const { code, message } = toSlipwayError(thrown)
  return { code, message, detail: null }
}

function causeOf(thrown: unknown): string | null {
  const { cause } = toSlipwayError(thrown)
  return cause instanceof Error ? cause.message.slice(0, 500) : null
}

/** The empty folder that the gateway made for this process; whoever outlives the other removes it. */
function ownFolder(): string | null {
  return basename(process.cwd()).startsWith('slipway-worker-') ? process.cwd() : null
}

process.on('message', (message: ToWorker) => {
  if (message.kind === 'load') void load(message.load)
  else if (message.kind === 'run') void run(message.frame)
  else void close()
})

process.on('disconnect', () => {
  const folder = ownFolder()
  if (folder !== null) rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})

// Service managers signal the whole group; the gateway alone decides when its workers end, after they have answered.
process.on('SIGTERM', () => {})
process.on('SIGINT', () => {})
