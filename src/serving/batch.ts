import type { FrameBuilder } from '../core/frame-builder.js'
import type { InputFrame } from '../core/prediction.js'
import type { Reply, RequestContext } from './data-plane.js'

/** One request that waits for its answer. */
export interface PendingRequest {
  readonly context: RequestContext
  readonly start: number
  readonly count: number
  /** On the monotonic clock, as is `deadlineAt`. */
  readonly arrivedAt: number
  readonly deadlineAt: number
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
  /** True once it has been answered, or its fallback is under way. */
  settled: boolean
}

/** Requests that run together as one frame. */
export interface Batch {
  /** Equal shapes have equal keys; '' when the signature leaves no shape open. */
  readonly key: string
  readonly requests: PendingRequest[]
  /** Null while the batch is a single frame that is passed through without a copy. */
  builder: FrameBuilder | null
  /** Given with a frame passed through, else built when the batch starts to run. */
  input: InputFrame | null
  rows: number
  /** Readers of the builder's storage: the run, and fallbacks of requests that came too late. */
  readers: number
  /** Stops the run; null until it starts, and where it cannot be stopped. */
  controller: AbortController | null
  startedAt: number
  /** When a run that is still not done is stopped. */
  abandonAt: number
}

export function createBatch(key: string, content: Pick<Batch, 'builder' | 'input'>): Batch {
  return { key, requests: [], ...content, rows: 0, readers: 1, controller: null, startedAt: 0, abandonAt: Infinity }
}

/** True when nobody waits for the batch any more. */
export function isForsaken(batch: Batch): boolean {
  return batch.requests.every(({ settled, context }) => settled || context.signal?.aborted === true)
}
