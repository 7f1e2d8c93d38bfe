import { fork, type ChildProcess } from 'node:child_process'
import { SlipwayError } from '../../core/errors.js'
import type { Partition, PartitionRecord } from '../../core/table.js'
import type { Scorer } from '../../targets/batch/coordinator.js'
import type { ScoringCalls } from '../../targets/batch/score-partition.js'
import type { ScoringSpec } from './scoring-spec.js'
import { fromFailure, type FromBatchWorker, type ToBatchWorker } from './worker-protocol.js'

export interface ProcessScorerOptions {
  readonly spec: ScoringSpec
  /** A worker that says nothing for so long is ended, and its partition tried again. */
  readonly stallMs: number
  readonly onRss: (bytes: number) => void
}

const closeMs = 10_000
/**
 * The columns that go through a worker are memory outside a small heap: marking it bit by bit, on other threads, took a third of the processor's
 * time; all at once it is a few milliseconds.
 */
const collectorFlags: readonly string[] = ['--no-incremental-marking', '--single-threaded-gc']

/** Scores in a process of its own, started when it is first needed and again after it ended. */
export function createProcessScorer(options: ProcessScorerOptions): Scorer {
  return new ProcessScorer(options)
}

class ProcessScorer implements Scorer {
  readonly #options: ProcessScorerOptions
  #child: ChildProcess | null = null

  constructor(options: ProcessScorerOptions) {
    this.#options = options
  }

  async score(partition: Partition, calls: ScoringCalls): Promise<PartitionRecord> {
    const child = (this.#child ??= await this.#start(calls.signal))
    return this.#exchange<PartitionRecord>(child, calls.signal, { type: 'score', partition }, (message, resolve, reject) => {
      if (message.type === 'done') {
        this.#options.onRss(message.rssBytes)
        resolve(message.record)
      } else if (message.type === 'progress') {
        this.#options.onRss(message.rssBytes)
        calls.progress(message.counts)
      } else if (message.type === 'waiting') {
        // Waiting for its turn, a worker has nothing to say.
        calls.turn().then(() => send(child, { type: 'turn' }), reject)
        return 'wait'
      }
      return 'watch'
    })
  }

  async close(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    send(child, { type: 'close' })
    const timer = setTimeout(() => child.kill('SIGKILL'), closeMs)
    await ended
    clearTimeout(timer)
  }

  async #start(signal: AbortSignal): Promise<ChildProcess> {
    const child = fork(new URL('./batch-worker.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [...process.execArgv.filter((argument) => !argument.startsWith('--inspect')), ...collectorFlags],
    })
    child.once('exit', () => {
      if (this.#child === child) this.#child = null
    })
    try {
      await this.#exchange<void>(child, signal, { type: 'open', spec: this.#options.spec }, (message, resolve) => {
        if (message.type === 'ready') resolve()
        return 'watch'
      })
      return child
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** Says one thing and listens until it is answered. The child is ended when it stalls; an abort is passed on, and waited for. */
  #exchange<T>(
    child: ChildProcess,
    signal: AbortSignal,
    ask: ToBatchWorker,
    listen: (message: FromBatchWorker, resolve: (value: T) => void, reject: (error: unknown) => void) => 'watch' | 'wait',
  ): Promise<T> {
    const { stallMs } = this.#options
    return new Promise<T>((resolve, reject) => {
      let timer = setTimeout(stalled, stallMs)
      let settled = false
      function stalled(): void {
        child.kill('SIGKILL')
      }
      const watch = (ms: number): void => {
        clearTimeout(timer)
        if (!settled) timer = setTimeout(stalled, ms)
      }
      const settle =
        <V>(done: (value: V) => void) =>
        (value: V): void => {
          settled = true
          clearTimeout(timer)
          child.off('message', onMessage)
          child.off('exit', onExit)
          signal.removeEventListener('abort', onAbort)
          done(value)
        }
      const succeed = settle(resolve)
      const fail = settle(reject)
      const onMessage = (message: FromBatchWorker): void => {
        if (message.type === 'failed') fail(fromFailure(message.error))
        else if (listen(message, succeed, fail) === 'watch') watch(stallMs)
        else clearTimeout(timer)
      }
      const onExit = (code: number | null, killed: string | null): void => {
        fail(new SlipwayError('WORKER_LOST', `the process that scored ended: ${killed ?? `exit code ${code}`}`))
      }
      const onAbort = (): void => {
        send(child, { type: 'abort' })
        watch(closeMs)
      }
      child.on('message', onMessage)
      child.on('exit', onExit)
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      send(child, ask)
    })
  }
}

/** A child that is gone is told nothing: its exit says the rest. */
function send(child: ChildProcess, message: ToBatchWorker): void {
  if (child.connected) child.send(message, () => {})
}
