import type { ErrorCode } from '../core/errors.js'
import { SlipwayError } from '../core/errors.js'
import type { Fields } from '../core/field.js'
import type { FrameBuilder, RowPolicy } from '../core/frame-builder.js'
import { createFrameBuilder } from '../core/frame-builder.js'
import type { Clock, Executor, FeatureStore, Logger } from '../core/ports.js'
import type { InputFrame, ModelIdentity, Prediction } from '../core/prediction.js'
import type { ModelDefinition } from './definition.js'
import { rowPolicyOf } from './guards.js'
import { SixSteps } from './six-steps.js'

/** Told what predictions come to, for metrics. */
interface PredictorObserver {
  predicted?(prediction: Prediction): void
  /** A step failed on so many rows: `execute`, `gather:<table>`, `cross:<rule>`, `fallback:<name>`. */
  failed?(step: string, code: ErrorCode, rows: number): void
}

export interface PredictorOptions<I extends Fields = Fields, O extends Fields = Fields> {
  readonly definition: ModelDefinition<I, O>
  readonly identity: ModelIdentity
  readonly executor: Executor
  /** One each fallback model of the definition, in its order. */
  readonly fallbackExecutors?: readonly Executor[]
  /** Stays open when the predictor closes. */
  readonly features?: FeatureStore | null
  readonly clock: Clock
  /** Makes the prefix of the ids of each frame; never the same twice. */
  readonly ids: () => string
  readonly logger: Logger
  readonly observer?: PredictorObserver
  /** Longest wait for the feature store; 1000 when left out, never past the deadline. */
  readonly gatherTimeoutMs?: number
  /** Longest wait for a fallback model where there is no deadline; 1000 when left out. */
  readonly fallbackTimeoutMs?: number
  /** What a fallback model gets once the deadline is near or past; 20 when left out. */
  readonly fallbackGraceMs?: number
}

export interface PredictOptions {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined
  /** On the clock's `monotonic()`. The model's own deadline holds as well, counted from the call. */
  readonly deadlineAt?: number | undefined
  /** The model's own deadline does not hold: for checks of the model itself, which a busy machine must not fail. */
  readonly ignoreDeadline?: boolean | undefined
}

/** A version loaded and ready. */
export interface Predictor<I extends Fields = Fields, O extends Fields = Fields> {
  readonly definition: ModelDefinition<I, O>
  readonly identity: ModelIdentity
  /** An empty builder of input frames; its frames hold until its next reset, so reset it after the prediction. */
  createBuilder(): FrameBuilder
  /** The six steps. Never rejects for a row's sake: NOT_READY once closed, else every row has an outcome. */
  predict(input: InputFrame, options?: PredictOptions): Promise<Prediction>
  /**
   * Answers every row that passes its checks without the model, noting `code` on it. Nothing is gathered. `unchecked`: rows that lack what the
   * model wants too, as those that only have the key of a stored prediction.
   */
  fallback(input: InputFrame, code: ErrorCode, options?: { readonly unchecked: boolean }): Promise<Prediction>
  /** Waits for the predictions under way, then closes the executors. */
  close(): Promise<void>
}

/** Loads nothing itself: the executors are open. Throws DEFINITION_INVALID when the fallback executors do not match the definition. */
export function createPredictor<I extends Fields, O extends Fields>(options: PredictorOptions<I, O>): Predictor<I, O> {
  return new LoadedPredictor(options)
}

class LoadedPredictor<I extends Fields, O extends Fields> implements Predictor<I, O> {
  readonly definition: ModelDefinition<I, O>
  readonly identity: ModelIdentity
  readonly #executors: readonly Executor[]
  readonly #steps: SixSteps
  readonly #rowPolicy: RowPolicy
  #running = 0
  #closing: Promise<void> | null = null
  #drained: (() => void) | null = null

  constructor(options: PredictorOptions<I, O>) {
    this.definition = options.definition
    this.identity = options.identity
    this.#executors = [options.executor, ...(options.fallbackExecutors ?? [])]
    this.#steps = new SixSteps(options)
    this.#rowPolicy = rowPolicyOf(options.definition)
  }

  createBuilder(): FrameBuilder {
    return createFrameBuilder(this.definition.input, this.#rowPolicy)
  }

  predict(input: InputFrame, options: PredictOptions = {}): Promise<Prediction> {
    return this.#track(() => this.#steps.predict(input, options))
  }

  fallback(input: InputFrame, code: ErrorCode, options = { unchecked: false }): Promise<Prediction> {
    return this.#track(() => this.#steps.fallback(input, code, options.unchecked))
  }

  async #track(work: () => Promise<Prediction>): Promise<Prediction> {
    if (this.#closing !== null) throw new SlipwayError('NOT_READY', `${this.identity.name}@${this.identity.version} is closed`)
    this.#running++
    try {
      return await work()
    } finally {
      this.#running--
      if (this.#running === 0) this.#drained?.()
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    }
    await Promise.all(this.#executors.map((executor) => executor.close()))
  }
}
