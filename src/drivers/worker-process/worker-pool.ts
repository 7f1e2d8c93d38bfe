import { SlipwayError } from '../../core/errors.js'
import type { Frame } from '../../core/frame.js'
import type { Execution, Executor } from '../../core/ports.js'
import { createBackOff } from './back-off.js'
import type { BackOffOptions } from './back-off.js'
import { deferred } from './deferred.js'
import { residentMemory } from './resident-memory.js'
import { startWorker } from './worker.js'
import type { Worker, WorkerEnd, WorkerOptions } from './worker.js'

/** Told what happens to the processes; `createWorkerMetrics` of monitoring/ fits. */
interface WorkerObserver {
  started(): void
  exited(reason: WorkerEnd): void
}

export interface WorkerPoolOptions extends WorkerOptions {
  /** Frames that run at the same time. */
  readonly workers: number
  /** Loaded processes that stand by, so that one that is killed is replaced at once; 1 when left out. */
  readonly spares?: number
  /** After this, a process that was asked to end is killed; 5000 when left out. */
  readonly closeTimeoutMs?: number
  /** How often resident memory is looked at; 500 when left out. */
  readonly memoryCheckMs?: number
  readonly backOff?: BackOffOptions
  readonly observer?: WorkerObserver
}

/** Runs frames in processes that can be killed. */
export interface WorkerPool extends Executor {
  /** Frames that run at the same time. */
  readonly concurrency: number
  /** What the loader says about the version. */
  readonly info: unknown
  /** Resident memory of all processes, in bytes, as last measured. */
  residentBytes(): number
  /** Processes that live now, spares and those still starting included. */
  pids(): readonly number[]
  /** How many of them have loaded the version. */
  loaded(): number
}

interface Job {
  readonly frame: Frame
  /** The one that runs it; null while it waits. */
  worker: Worker | null
  resolve(execution: Execution): void
  reject(error: unknown): void
}

const defaultBackOff: BackOffOptions = { firstMs: 100, maxMs: 10_000, limit: 5 }

/**
 * Starts model worker processes that each load the same version, and resolves when all but the spares have loaded it. Rejects with the
 * loader's error. A process that ends is replaced at once, after failures in a row with growing delays; while none is left then,
 * calls are refused with NOT_READY, so that their fallback answers.
 */
export async function createWorkerPool(options: WorkerPoolOptions): Promise<WorkerPool> {
  const pool = new Pool(options)
  try {
    await pool.start()
  } catch (error) {
    await pool.close()
    throw error
  }
  return pool
}

class Pool implements WorkerPool {
  readonly concurrency: number
  info: unknown = null
  readonly #options: WorkerPoolOptions
  readonly #size: number
  readonly #backOff: ReturnType<typeof createBackOff>
  readonly #all = new Set<Worker>()
  readonly #idle: Worker[] = []
  readonly #queue: Job[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #drained: (() => void)[] = []
  #busy = 0
  #closing: Promise<void> | null = null

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.concurrency = options.workers
    this.#size = options.workers + (options.spares ?? 1)
    this.#backOff = createBackOff(options.backOff ?? defaultBackOff)
  }

  async start(): Promise<void> {
    const first = Array.from({ length: this.concurrency }, () => this.#launch().ready)
    ;[this.info] = await Promise.all(first)
    for (let i = this.concurrency; i < this.#size; i++) this.#launch()
    const timer = setInterval(() => void this.#checkMemory(), this.#options.memoryCheckMs ?? 500)
    this.#timers.add(timer.unref())
  }

  execute(frame: Frame, { signal }: { readonly signal?: AbortSignal }): Promise<Execution> {
    const refusal = this.#refusal(signal)
    if (refusal !== null) return Promise.reject(refusal)
    const { promise, resolve, reject } = deferred<Execution>()
    const job: Job = { frame, worker: null, resolve, reject }
    const abort = (): void => this.#abandon(job)
    signal?.addEventListener('abort', abort, { once: true })
    this.#queue.push(job)
    this.#pump()
    return signal === undefined ? promise : promise.finally(() => signal.removeEventListener('abort', abort))
  }

  residentBytes(): number {
    return [...this.#all].reduce((sum, worker) => sum + worker.residentBytes, 0)
  }

  pids(): readonly number[] {
    return [...this.#all].flatMap((worker) => worker.pid ?? [])
  }

  loaded(): number {
    return this.#idle.length + this.#busy
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  #launch(): Worker {
    const worker = startWorker(this.#options)
    this.#all.add(worker)
    this.#options.observer?.started()
    worker.ready.then(
      () => this.#join(worker),
      () => worker.kill('start'),
    )
    void worker.ended.then((reason) => this.#leave(worker, reason))
    return worker
  }

  #join(worker: Worker): void {
    if (!worker.alive) return
    this.#idle.push(worker)
    this.#pump()
  }

  /** Takes a worker out, at its end or as soon as its end is certain, and starts another. */
  #leave(worker: Worker, reason: WorkerEnd): void {
    if (!this.#all.delete(worker)) return
    const at = this.#idle.indexOf(worker)
    if (at !== -1) this.#idle.splice(at, 1)
    this.#options.observer?.exited(reason)
    if (this.#closing !== null) return
    this.#backOff.failed()
    this.#log(worker, reason)
    if (this.#broken()) this.#refuseAll()
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#launch()
    }, this.#backOff.delayMs())
    this.#timers.add(timer)
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0 && this.#busy < this.concurrency) {
      const job = this.#queue.shift()!
      // The one that ran last has its memory warm.
      void this.#run(this.#idle.pop()!, job)
    }
  }

  async #run(worker: Worker, job: Job): Promise<void> {
    this.#busy++
    job.worker = worker
    try {
      job.resolve(await worker.run(job.frame))
      this.#backOff.succeeded()
    } catch (error) {
      job.reject(error)
      // A worker that answers with one is as sound as one that answers with numbers.
      if (worker.alive) this.#backOff.succeeded()
    }
    this.#busy--
    if (worker.alive) this.#idle.push(worker)
    this.#pump()
    if (this.#busy === 0) for (const resolve of this.#drained.splice(0)) resolve()
  }

  #abandon(job: Job): void {
    if (job.worker !== null) {
      job.worker.kill('deadline')
      this.#leave(job.worker, 'deadline')
      return
    }
    this.#queue.splice(this.#queue.indexOf(job), 1)
    job.reject(late())
  }

  #refusal(signal: AbortSignal | undefined): SlipwayError | null {
    if (signal?.aborted === true) return late()
    if (this.#closing !== null) return new SlipwayError('NOT_READY', 'the model workers are closing')
    return this.#broken() ? new SlipwayError('NOT_READY', 'the model workers end again and again; they are being restarted') : null
  }

  #broken(): boolean {
    return this.#backOff.exhausted() && this.#idle.length === 0 && this.#busy === 0
  }

  #refuseAll(): void {
    for (const job of this.#queue.splice(0)) job.reject(new SlipwayError('NOT_READY', 'the model workers are not running'))
  }

  async #checkMemory(): Promise<void> {
    for (const worker of this.#all) {
      if (worker.pid === undefined) continue
      worker.residentBytes = (await residentMemory(worker.pid)) ?? worker.residentBytes
      if (worker.residentBytes > this.#options.memoryLimitMb * 1_048_576) worker.kill('memory')
    }
  }

  async #shutDown(): Promise<void> {
    const limitMs = this.#options.closeTimeoutMs ?? 5000
    for (const timer of this.#timers) clearTimeout(timer)
    this.#refuseAll()
    const started = performance.now()
    if (this.#busy > 0) await this.#drain(limitMs)
    const leftMs = Math.max(0, limitMs - (performance.now() - started))
    await Promise.all([...this.#all].map((worker) => worker.close(leftMs)))
  }

  #drain(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs)
      this.#drained.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #log(worker: Worker, reason: WorkerEnd): void {
    const fields = { ...this.#options.label, worker: worker.pid, reason, restartInMs: this.#backOff.delayMs() }
    this.#options.logger?.warn(fields, 'a model worker ended and is replaced')
  }
}

function late(): SlipwayError {
  return new SlipwayError('DEADLINE', 'the model was not done in time')
}
