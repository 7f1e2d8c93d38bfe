import { SlipwayError, toSlipwayError } from '../core/errors.js'
import type { FrameBuilder } from '../core/frame-builder.js'
import type { Clock } from '../core/ports.js'
import type { InputFrame, Prediction } from '../core/prediction.js'
import type { Predictor } from '../model/predictor.js'
import { BatchAssembler } from './batch-assembler.js'
import type { Placement, Sharing } from './batch-assembler.js'
import { isForsaken } from './batch.js'
import type { Batch, PendingRequest } from './batch.js'
import type { BatchObserver } from './batch-observer.js'
import { createBuilderPool } from './builder-pool.js'
import type { BuilderPool } from './builder-pool.js'
import type { Reply, RequestContext } from './data-plane.js'
import { DeadlineTimer } from './deadline-timer.js'
import { outcomeOf, sharedOutcome } from './outcome.js'
import type { Outcome } from './outcome.js'
import { sliceInput } from './slice-frame.js'

export interface BatcherOptions {
  readonly clock: Clock
  readonly observer: BatchObserver
  /** Runs at the same time: one inline, else the number of workers. */
  readonly concurrency: number
  /** Rows from which on a frame takes no more requests. A request with more rows than this is a frame of its own. */
  readonly maxBatchRows: number
  /** Rows that may wait, and that one request may have. */
  readonly maxQueuedRows: number
  readonly maxQueuedRequests: number
  /** Every request is answered within this time, and a run that takes longer is abandoned. */
  readonly deadlineMs: number
  /** A run can be stopped: it is in a process that can be killed. Inline runs end by themselves, and are not asked to. */
  readonly abortable: boolean
  /** Which requests may run together. */
  readonly sharing: Sharing
}

/**
 * Batches without waiting: the requests of one turn of the event loop run as one frame, and while every worker is busy the next frame
 * grows. Each request is answered within its deadline, by the fallback when the model is not done; its neighbours do not notice.
 */
export class Batcher {
  readonly #predictor: Predictor
  readonly #options: BatcherOptions
  readonly #pool: BuilderPool
  readonly #assembler: BatchAssembler
  readonly #timer: DeadlineTimer
  readonly #queue: Batch[] = []
  readonly #running = new Set<Batch>()
  readonly #idle: (() => void)[] = []
  #queuedRows = 0
  #queuedRequests = 0
  #unanswered = 0
  #flushing = false
  #closed = false

  constructor(predictor: Predictor, options: BatcherOptions) {
    this.#predictor = predictor
    this.#options = options
    this.#pool = createBuilderPool(() => predictor.createBuilder(), options.concurrency + 2)
    this.#assembler = new BatchAssembler(this.#pool, options)
    this.#timer = new DeadlineTimer(options.clock, (now) => this.#expire(now))
  }

  /** Requests that wait for a run. */
  get queued(): number {
    return this.#queuedRequests
  }

  /** Requests without an answer. */
  get unanswered(): number {
    return this.#unanswered
  }

  submit(fill: (builder: FrameBuilder) => void, context: RequestContext): Promise<Reply> {
    return this.#admit(context, () => this.#assembler.fill(fill))
  }

  submitFrame(input: InputFrame, context: RequestContext): Promise<Reply> {
    return this.#admit(context, () => this.#assembler.join(input))
  }

  /** Resolves when every request that was taken has its answer. */
  async drained(): Promise<void> {
    if (this.#unanswered === 0 && this.#running.size === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Takes no more requests, refuses those that wait and abandons those that run. */
  close(): void {
    this.#closed = true
    for (const batch of this.#queue.splice(0)) this.#fail(batch, notReady())
    this.#queuedRows = 0
    this.#queuedRequests = 0
    for (const { controller } of this.#running) controller?.abort(notReady())
    this.#timer.clear()
  }

  #admit(context: RequestContext, place: () => Placement): Promise<Reply> {
    const arrivedAt = this.#options.clock.monotonic()
    try {
      this.#checkRoom()
      const { batch, start, count } = place()
      return this.#enqueue(batch, { context, start, count, arrivedAt })
    } catch (error) {
      this.#options.observer.answered(context.route, refusal(error), 0, this.#options.clock.monotonic() - arrivedAt)
      return Promise.reject(error)
    }
  }

  #checkRoom(): void {
    const { maxQueuedRequests, maxQueuedRows } = this.#options
    if (this.#closed) throw notReady()
    if (this.#queuedRequests < maxQueuedRequests && this.#queuedRows < maxQueuedRows) return
    throw new SlipwayError('QUEUE_FULL', `the queue of the model is full: ${this.#queuedRequests} requests, ${this.#queuedRows} rows`)
  }

  #enqueue(batch: Batch, request: Pick<PendingRequest, 'context' | 'start' | 'count' | 'arrivedAt'>): Promise<Reply> {
    const { context, start, count, arrivedAt } = request
    const { deadlineMs, maxBatchRows } = this.#options
    const { timeoutMs } = context
    const deadlineAt = arrivedAt + (timeoutMs !== undefined && timeoutMs < deadlineMs ? timeoutMs : deadlineMs)
    if (batch.requests.length === 0) this.#queue.push(batch)
    if (batch.rows >= maxBatchRows) this.#assembler.shut(batch)
    this.#queuedRows += count
    this.#queuedRequests++
    this.#unanswered++
    this.#timer.arm(deadlineAt)
    this.#scheduleFlush()
    return new Promise((resolve, reject) => {
      batch.requests.push({ context, start, count, arrivedAt, deadlineAt, resolve, reject, settled: false })
    })
  }

  #scheduleFlush(): void {
    if (this.#flushing || this.#running.size >= this.#options.concurrency) return
    this.#flushing = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#flushing = false
    this.#pool.recycle()
    while (this.#queue.length > 0 && this.#running.size < this.#options.concurrency) this.#start(this.#queue.shift()!)
  }

  #start(batch: Batch): void {
    this.#assembler.shut(batch)
    this.#queuedRows -= batch.rows
    this.#queuedRequests -= batch.requests.length
    if (isForsaken(batch)) return this.#fail(batch, new SlipwayError('CANCELLED', 'the client went away'))
    batch.input ??= batch.builder!.build()
    batch.startedAt = this.#options.clock.monotonic()
    this.#running.add(batch)
    this.#predictor.predict(batch.input, this.#limit(batch)).then(
      (prediction) => this.#finish(batch, prediction),
      (error: unknown) => this.#fail(batch, error),
    )
  }

  #limit(batch: Batch): { readonly signal?: AbortSignal } {
    if (!this.#options.abortable) return {}
    batch.controller = new AbortController()
    batch.abandonAt = batch.startedAt + this.#options.deadlineMs
    this.#timer.arm(batch.abandonAt)
    return { signal: batch.controller.signal }
  }

  #finish(batch: Batch, prediction: Prediction): void {
    const { observer, clock } = this.#options
    const now = clock.monotonic()
    const shared = sharedOutcome(prediction)
    let waiting = 0
    let queueMs = 0
    for (const request of batch.requests) {
      if (request.settled) continue
      waiting++
      queueMs += batch.startedAt - request.arrivedAt
      this.#reply(request, { prediction, start: request.start, count: request.count }, { now, shared })
    }
    if (batch.controller?.signal.aborted !== true) observer.ran(prediction, { requests: waiting, queueMs })
    if (waiting === batch.requests.length) observer.rows(prediction, 0, prediction.length)
    this.#running.delete(batch)
    this.#release(batch)
  }

  #reply(request: PendingRequest, reply: Reply, { now, shared }: { readonly now: number; readonly shared: Outcome | null }): void {
    const { prediction, start, count } = reply
    const outcome = shared ?? outcomeOf(prediction, start, count)
    this.#options.observer.answered(request.context.route, outcome, count, now - request.arrivedAt)
    request.settled = true
    this.#unanswered--
    request.resolve(reply)
  }

  #refuse(request: PendingRequest, error: unknown): void {
    const { observer, clock } = this.#options
    observer.answered(request.context.route, refusal(error), 0, clock.monotonic() - request.arrivedAt)
    request.settled = true
    this.#unanswered--
    request.reject(error)
  }

  #fail(batch: Batch, error: unknown): void {
    for (const request of batch.requests) if (!request.settled) this.#refuse(request, error)
    this.#running.delete(batch)
    this.#release(batch)
  }

  /** Answers what is late and abandons runs that take too long; returns when to look again. */
  #expire(now: number): number {
    let next = Infinity
    for (const batch of [...this.#running, ...this.#queue]) {
      for (const request of batch.requests) {
        if (request.settled) continue
        if (request.deadlineAt <= now) void this.#answerLate(batch, request)
        else next = Math.min(next, request.deadlineAt)
      }
      if (batch.controller === null || batch.controller.signal.aborted) continue
      if (batch.abandonAt <= now) batch.controller.abort(late())
      else next = Math.min(next, batch.abandonAt)
    }
    return next
  }

  /** The rows of one request, answered by the fallback while its batch goes on. */
  async #answerLate(batch: Batch, request: PendingRequest): Promise<void> {
    const { observer, clock } = this.#options
    request.settled = true
    batch.readers++
    try {
      const input = sliceInput(batch.input ?? batch.builder!.build(), request.start, request.count)
      const prediction = await this.#predictor.fallback(input, 'DEADLINE')
      observer.rows(prediction, 0, prediction.length)
      this.#reply(request, { prediction, start: 0, count: request.count }, { now: clock.monotonic(), shared: null })
    } catch (cause) {
      this.#refuse(request, new SlipwayError('DEADLINE', late().message, { cause }))
    }
    this.#release(batch)
  }

  /** One reader of the batch's storage less; the last one gives the builder back. */
  #release(batch: Batch): void {
    batch.readers--
    if (batch.readers === 0 && batch.builder !== null) this.#pool.give(batch.builder)
    if (this.#queue.length > 0) this.#scheduleFlush()
    if (this.#unanswered === 0 && this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }
}

function refusal(error: unknown): Outcome {
  return { code: toSlipwayError(error).code, source: 'none' }
}

function notReady(): SlipwayError {
  return new SlipwayError('NOT_READY', 'the model is being unloaded')
}

function late(): SlipwayError {
  return new SlipwayError('DEADLINE', 'the answer did not come within the deadline')
}
