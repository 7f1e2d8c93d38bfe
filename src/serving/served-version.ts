import type { ErrorCode } from '../core/errors.js'
import type { FrameBuilder } from '../core/frame-builder.js'
import type { Clock, Logger } from '../core/ports.js'
import type { InputFrame } from '../core/prediction.js'
import type { TensorSpec } from '../core/tensor.js'
import { predictRows } from '../model/answer.js'
import { exampleOf } from '../model/example-of.js'
import { examplesOf } from '../model/example-rows.js'
import { rowPolicyOf } from '../model/guards.js'
import type { Predictor } from '../model/predictor.js'
import type { MetricsSink } from '../monitoring/metrics-sink.js'
import { createModelMetrics } from '../monitoring/model-metrics.js'
import type { ModelMetrics } from '../monitoring/model-metrics.js'
import { sharingOf } from './batch-assembler.js'
import { createBatchObserver } from './batch-observer.js'
import { Batcher } from './batcher.js'
import type { ModelStatistics, Reply, RequestContext, ServedModel, ServedModelInfo } from './data-plane.js'
import { goldenRows } from './golden.js'
import { StatisticsRecorder } from './statistics.js'

/** A version that was loaded, ready to be served. */
export interface OpenedVersion {
  readonly predictor: Predictor
  readonly graphInputs: readonly TensorSpec[]
  readonly graphOutputs: readonly TensorSpec[]
  /** Engine and version: `onnxruntime-node 1.30.0`. */
  readonly engine: string
  /** Rows that one run takes at most; 1 when the graph has no free batch dimension. */
  readonly maxBatchRows: number
  readonly isolation: 'inline' | 'process'
  /** Runs at the same time: 1 inline, else the number of workers. */
  readonly concurrency: number
  /** The recorded examples of the version, or null. */
  readonly golden: unknown
}

export interface ServingLimits {
  /** Rows of one model that may wait for a run, and that one request may have; 100 000 when left out. */
  readonly queuedRows?: number
  /** Requests of one model that may wait for a run; 2000 when left out. */
  readonly queuedRequests?: number
  /** Deadline of requests to models that set none; 30 000 when left out. */
  readonly deadlineMs?: number
  /** How long a version that is replaced may take to answer what it has taken; 30 000 when left out. */
  readonly drainMs?: number
  /** Time that a self-test may take; 5000 when left out. */
  readonly selfTestMs?: number
}

export interface ServingParts {
  readonly clock: Clock
  readonly metrics: MetricsSink
  readonly logger: Logger
  readonly limits: ServingLimits
}

const freshMs = 1000
/** Codes that tell of a model that cannot run, whatever the row. */
const machinery: ReadonlySet<string> = new Set<ErrorCode>(['DEADLINE', 'WORKER_LOST', 'NOT_READY', 'QUEUE_FULL', 'UNREACHABLE', 'INTERNAL'])

/** One version, loaded and answering, with a life: warmed up, served, replaced, closed. */
export class ServedVersion implements ServedModel {
  info: ServedModelInfo
  readonly #opened: OpenedVersion
  readonly #parts: ServingParts
  readonly #batcher: Batcher
  readonly #metrics: ModelMetrics
  readonly #statistics = new StatisticsRecorder()
  readonly #testRow: object
  readonly #testRowIsGolden: boolean
  #answeredAt = -Infinity
  #testedAt = -Infinity
  #test: Promise<boolean> = Promise.resolve(false)
  #closed = false
  #successor: () => ServedModel | null = () => null

  constructor(opened: OpenedVersion, parts: ServingParts) {
    const { predictor } = opened
    const { definition, identity } = predictor
    const signature = { input: definition.input, output: definition.output }
    this.#opened = opened
    this.#parts = parts
    this.#metrics = createModelMetrics(parts.metrics, identity, signature)
    const [golden] = goldenRows(opened.golden)
    this.#testRow = golden ?? (examplesOf(definition, 1)[0] as object | undefined) ?? {}
    this.#testRowIsGolden = golden !== undefined
    const { graphInputs, graphOutputs, engine, maxBatchRows, isolation } = opened
    const { description } = definition
    const example = exampleOf(definition)
    const rowPolicy = rowPolicyOf(definition)
    const graph = { graphInputs, graphOutputs, engine, maxBatchRows, isolation }
    const stored = definition.stored ?? null
    this.info = { ...identity, aliases: [], signature, rowPolicy, ...graph, description, example, stored }
    this.#batcher = new Batcher(predictor, {
      clock: parts.clock,
      observer: this.#observer(),
      concurrency: opened.concurrency,
      maxBatchRows,
      maxQueuedRows: parts.limits.queuedRows ?? 100_000,
      maxQueuedRequests: parts.limits.queuedRequests ?? 2000,
      deadlineMs: definition.guard.deadlineMs ?? parts.limits.deadlineMs ?? 30_000,
      abortable: isolation === 'process',
      sharing: sharingOf(signature),
    })
    this.#metrics.track({ inflight: () => this.#batcher.unanswered, queued: () => this.#batcher.queued })
  }

  submit(fill: (builder: FrameBuilder) => void, context: RequestContext): Promise<Reply> {
    const next = this.#closed ? this.#successor() : null
    return next === null ? this.#batcher.submit(fill, context) : next.submit(fill, context)
  }

  submitFrame(input: InputFrame, context: RequestContext): Promise<Reply> {
    const next = this.#closed ? this.#successor() : null
    return next === null ? this.#batcher.submitFrame(input, context) : next.submitFrame(input, context)
  }

  async fallback(fill: (builder: FrameBuilder) => void, code: ErrorCode): Promise<Reply> {
    const next = this.#closed ? this.#successor() : null
    if (next?.fallback !== undefined) return next.fallback(fill, code)
    const builder = this.#opened.predictor.createBuilder()
    fill(builder)
    const prediction = await this.#opened.predictor.fallback(builder.build(), code, { unchecked: true })
    return { prediction, start: 0, count: prediction.length }
  }

  statistics(): ModelStatistics {
    return this.#statistics.read()
  }

  /** The aliases that point here from now on. */
  setAliases(aliases: readonly string[]): void {
    this.info = { ...this.info, aliases }
    this.#metrics.aliases(aliases)
  }

  /** Whether the model answers: a run of a known row, unless it has answered a caller within the last second. Never rejects. */
  selfTest(): Promise<boolean> {
    const now = this.#parts.clock.monotonic()
    if (this.#closed) return Promise.resolve(false)
    if (now - this.#answeredAt <= freshMs) return Promise.resolve(true)
    if (now - this.#testedAt <= freshMs) return this.#test
    this.#testedAt = now
    this.#test = this.#runTest(now)
    return this.#test
  }

  /** Runs the model a few times, so that the first caller does not pay for what is done once. */
  async warmUp(): Promise<void> {
    const rows = Math.min(8, this.info.maxBatchRows)
    for (const count of [1, rows, 1]) {
      const deadlineAt = this.#parts.clock.monotonic() + this.#testMs()
      await predictRows(this.#opened.predictor, Array<never>(count).fill(this.#testRow as never), { deadlineAt, ignoreDeadline: true })
    }
  }

  /** Answers what it has taken and ends; who comes later is passed on to the successor, while there is one. */
  async retire(successor: () => ServedModel | null): Promise<void> {
    this.#successor = successor
    await this.#drain()
    this.#closed = true
    this.#batcher.close()
    await this.#batcher.drained()
    await this.#opened.predictor.close()
  }

  /** Drops the series of the version from the metrics. */
  forgetMetrics(): void {
    this.#metrics.retire()
  }

  #testMs(): number {
    return this.#parts.limits.selfTestMs ?? 5000
  }

  async #drain(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#parts.limits.drainMs ?? 30_000)
    })
    await Promise.race([this.#batcher.drained(), limit])
    clearTimeout(timer)
  }

  async #runTest(now: number): Promise<boolean> {
    const { name, version } = this.info
    try {
      const deadlineAt = now + this.#testMs()
      const [answer] = await predictRows(this.#opened.predictor, [this.#testRow as never], { deadlineAt, ignoreDeadline: true })
      const code = answer?.error?.code ?? answer?.issues.at(-1)?.code
      // That a made-up row is not fit for the model says nothing about the model.
      const excused = !this.#testRowIsGolden && code !== undefined && !machinery.has(code)
      if (answer?.source === 'model' || excused) return true
      this.#parts.logger.warn({ model: name, version, code }, 'the self-test was not answered by the model')
    } catch (error) {
      this.#parts.logger.warn({ model: name, version, err: error }, 'the self-test failed')
    }
    return false
  }

  #observer(): ReturnType<typeof createBatchObserver> {
    const { clock } = this.#parts
    const observer = createBatchObserver(this.#statistics, this.#metrics, clock)
    return {
      ...observer,
      ran: (prediction, batch) => {
        if (prediction.sourceNames[prediction.sources[0] ?? 0] === 'model') this.#answeredAt = clock.monotonic()
        observer.ran(prediction, batch)
      },
    }
  }
}
