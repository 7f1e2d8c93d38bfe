import type { ErrorCode, SlipwayError } from '../core/errors.js'
import type { StoredSetHead } from '../core/stored-sets.js'
import type { Reply } from './data-plane.js'
import type { StoredParts } from './stored-value.js'

/** Why a stored prediction was not answered as it is. */
export type StoredCode = Extract<ErrorCode, 'STORED_STALE' | 'STORED_MISSING' | 'STORE_UNAVAILABLE'>

/** What the lookup of one key came to. */
export type StoredAnswer =
  /** The prediction of the set. */
  | { readonly kind: 'stored'; readonly parts: StoredParts }
  /** A prediction made now: row `row` of a reply of the model or of its fallback. */
  | { readonly kind: 'live'; readonly reply: Reply; readonly row: number; readonly code: StoredCode }
  | { readonly kind: 'refused'; readonly error: SlipwayError }

/** Answers to the keys of one call, in their order. Those of kind `stored` are all of the one set. */
export interface StoredAnswers {
  /** The active set when it was read; null when there is none, or the store is down. */
  readonly set: StoredSetHead | null
  /** Milliseconds since the predictions of the set were made. */
  readonly ageMs: number
  /** The set is older than the model allows. */
  readonly stale: boolean
  readonly answers: readonly StoredAnswer[]
}
