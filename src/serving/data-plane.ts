import type { ErrorCode } from '../core/errors.js'
import type { FrameBuilder, RowPolicy } from '../core/frame-builder.js'
import type { Signature } from '../core/field.js'
import type { InputFrame, ModelIdentity, Prediction } from '../core/prediction.js'
import type { TensorSpec } from '../core/tensor.js'
import type { StoredPolicy } from '../model/definition.js'

/** What a transport knows about a request. */
export interface RequestContext {
  /** Protocol and call, for metrics: `native`, `oip`, `tfserving`, `kserve1`, `mlflow`, `sagemaker`, `torchserve`, `grpc`, `embedded`. */
  readonly route: string
  /** For logs; given by the client (X-Request-Id) or made. */
  readonly requestId: string
  /** Time that the client allows from now on, in milliseconds; the model's own deadline holds as well. */
  readonly timeoutMs?: number
  /** Aborted when the client goes away. */
  readonly signal?: AbortSignal
}

/** The rows of one request inside the prediction of the turn it shared. */
export interface Reply {
  readonly prediction: Prediction
  readonly start: number
  readonly count: number
}

export type ModelState = 'UNKNOWN' | 'READY' | 'UNAVAILABLE' | 'LOADING' | 'UNLOADING'

/** What every protocol's metadata calls are answered from. */
export interface ServedModelInfo extends ModelIdentity {
  /** Aliases that point at this version now. */
  readonly aliases: readonly string[]
  readonly signature: Signature
  /** What the definition makes of inputs that are unknown or absent; whoever builds frames for `submitFrame` keeps to it. */
  readonly rowPolicy: RowPolicy
  /** The graph's own inputs and outputs. */
  readonly graphInputs: readonly TensorSpec[]
  readonly graphOutputs: readonly TensorSpec[]
  /** Engine and version: `onnxruntime-node 1.30.0`. */
  readonly engine: string
  /** Rows that one run takes at most; 1 when the graph has no free batch dimension. */
  readonly maxBatchRows: number
  readonly isolation: 'inline' | 'process'
  readonly description: string | null
  /** A row that the model answers, to start from, as JSON has it; see `exampleOf`. */
  readonly example: Readonly<Record<string, unknown>> | null
  /** How its stored predictions are answered; null or absent where the definition does not say. */
  readonly stored?: StoredPolicy | null
}

/** Count and total time of one phase, as Triton's statistics extension reports it. */
export interface DurationStatistic {
  readonly count: number
  readonly ns: number
}

export interface ModelStatistics {
  /** Epoch milliseconds of the last inference; 0 when there was none. */
  readonly lastInferenceMs: number
  /** Rows answered. */
  readonly inferenceCount: number
  /** Runs of the model; rows / runs is the mean batch. */
  readonly executionCount: number
  readonly success: DurationStatistic
  readonly fail: DurationStatistic
  readonly queue: DurationStatistic
  readonly computeInput: DurationStatistic
  readonly computeInfer: DurationStatistic
  readonly computeOutput: DurationStatistic
  /** Per batch size seen: runs and their times. */
  readonly batches: readonly {
    readonly rows: number
    readonly computeInput: DurationStatistic
    readonly computeInfer: DurationStatistic
    readonly computeOutput: DurationStatistic
  }[]
}

/** One version, loaded and answering. */
export interface ServedModel {
  readonly info: ServedModelInfo
  /**
   * Runs `fill` at once with the builder of this turn of the event loop; the rows that it appends are the request, and every request
   * of the turn runs as one frame. When `fill` throws, its rows are taken back and the promise rejects with what it threw.
   * Rejects with QUEUE_FULL, NOT_READY, DEADLINE … when the request as a whole cannot be answered; bad rows are issues in the reply.
   */
  submit(fill: (builder: FrameBuilder) => void, context: RequestContext): Promise<Reply>
  /** Like `submit` for rows that are columns already. */
  submitFrame(input: InputFrame, context: RequestContext): Promise<Reply>
  /** Has the fallback of the definition answer rows without the model, whatever they lack, `code` noted on each. */
  fallback?(fill: (builder: FrameBuilder) => void, code: ErrorCode): Promise<Reply>
  statistics(): ModelStatistics
}

export interface RepositoryEntry {
  readonly name: string
  readonly version: string
  readonly state: ModelState
  readonly reason: string
}

/** Picks a version: by number, by alias, or the default (alias `champion`). */
export interface VersionSelector {
  readonly version?: string
  readonly alias?: string
}

/** The protocol-free heart of the server: transports translate to and from it. */
export interface DataPlane {
  /** False once the process is ending. */
  live(): boolean
  /** A real inference on every served model; cached for at most a second. */
  ready(): Promise<boolean>
  /** Names of the models served, sorted. */
  names(): readonly string[]
  /** Every served version of a model; empty when unknown. */
  versions(name: string): readonly ServedModel[]
  /** Throws MODEL_UNKNOWN, VERSION_UNKNOWN, ALIAS_UNKNOWN or NOT_READY. */
  model(name: string, selector?: VersionSelector): ServedModel
  /** A self-test inference of one model. */
  modelReady(name: string, selector?: VersionSelector): Promise<boolean>
  /** Every model of the registry with its state, served or not. */
  index(): Promise<readonly RepositoryEntry[]>
  /** Serves a model of the registry (by name only, never by URL), or takes up its newest aliases. */
  load(name: string): Promise<void>
  /** Stops serving a model: drains, then closes it. */
  unload(name: string): Promise<void>
}
