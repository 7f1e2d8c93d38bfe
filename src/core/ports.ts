import type { Frame } from './frame.js'
import type { Tensor, TensorSpec } from './tensor.js'

/** Time, handed in so that tests drive it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds on a clock that never goes back; fractions allowed. */
  monotonic(): number
}

/** Structured log; pino's shape. Never give it payloads. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface SessionOptions {
  /** Threads inside one run; 1 keeps tree ensembles bit-equal. */
  readonly threads: number
}

/** A loaded graph. `run` may be called again before the last one settled. */
export interface ModelSession {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** Runs the graph once; `outputs` names those wanted, all when left out. Returned data belongs to the caller. */
  run(feeds: Readonly<Record<string, Tensor>>, outputs?: readonly string[]): Promise<Record<string, Tensor>>
  close(): Promise<void>
}

/** An inference engine. */
export interface SessionFactory {
  /** Name and version, for example `onnxruntime-node 1.30.0`. */
  readonly engine: string
  open(path: string, options: SessionOptions): Promise<ModelSession>
}

/** Time spent in the three steps that an executor runs, in milliseconds. */
export interface ExecutionTimings {
  readonly preprocessMs: number
  readonly runMs: number
  readonly postprocessMs: number
}

export interface Execution {
  /** Output columns, as many rows as went in, in the same order. */
  readonly frame: Frame
  readonly timings: ExecutionTimings
}

/** Preprocess, run and postprocess over a frame: in this process, or in a worker process that can be killed. */
export interface Executor {
  /** Rejects with a SlipwayError. An aborted signal abandons the call; a worker process that still runs it is killed and replaced. */
  execute(frame: Frame, options: { readonly signal?: AbortSignal }): Promise<Execution>
  close(): Promise<void>
}

/** Looks features up by key; the online half of a feature store. */
export interface FeatureStore {
  /** One entry a key, in order: the features found, or null where the key is unknown. Times out or rejects; never hangs. */
  get(
    table: string,
    keys: readonly string[],
    features: readonly string[],
    options: { readonly signal?: AbortSignal },
  ): Promise<readonly (Readonly<Record<string, unknown>> | null)[]>
  close(): Promise<void>
}
