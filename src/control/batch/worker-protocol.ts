import type { ErrorCode } from '../../core/errors.js'
import { SlipwayError, toSlipwayError } from '../../core/errors.js'
import type { Partition, PartitionRecord, RowCounts } from '../../core/table.js'
import type { ScoringSpec } from './scoring-spec.js'

/** What the coordinator says to a worker. */
export type ToBatchWorker =
  | { readonly type: 'open'; readonly spec: ScoringSpec }
  | { readonly type: 'score'; readonly partition: Partition }
  /** The partitions before the one under way are committed. */
  | { readonly type: 'turn' }
  | { readonly type: 'abort' }
  | { readonly type: 'close' }

/** What a worker says. */
export type FromBatchWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly counts: RowCounts; readonly rssBytes: number }
  | { readonly type: 'waiting' }
  | { readonly type: 'done'; readonly record: PartitionRecord; readonly rssBytes: number }
  | { readonly type: 'failed'; readonly error: WireFailure }

interface WireFailure {
  readonly code: ErrorCode
  readonly message: string
  /** Of a defect: for the log. */
  readonly cause: string | null
}

export function toFailure(thrown: unknown): WireFailure {
  const error = toSlipwayError(thrown)
  return {
    code: error.code,
    message: error.message,
    cause: error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : null,
  }
}

export function fromFailure({ code, message, cause }: WireFailure): SlipwayError {
  return new SlipwayError(code, message, cause === null ? {} : { cause: new Error(cause) })
}
