import type { ErrorCode } from '../core/errors.js'
import type { Fields } from '../core/field.js'
import type { OutputOf, RowOf } from '../core/field-types.js'
import type { GuardAction } from '../core/issue.js'
import type { ModelIdentity, StageTimings } from '../core/prediction.js'

/** A row as `predict` takes it: typed by a definition, any object where none is named. */
export type InputRow<D> = D extends { readonly input: infer I extends Fields; readonly output: Fields }
  ? RowOf<I>
  : Readonly<Record<string, unknown>>

/** An output as `predict` gives it. */
export type OutputRow<D> = D extends { readonly input: Fields; readonly output: infer O extends Fields }
  ? OutputOf<O>
  : Readonly<Record<string, unknown>>

/** One finding of a guard about a row. */
export interface GuardFinding {
  readonly code: ErrorCode
  readonly field: string | null
  readonly action: GuardAction
  readonly message: string
}

interface Answer {
  /** Prediction id: what feedback about the answer refers to. */
  readonly id: string
  /** What the guards noted, such as `INPUT_RANGE:amount`. */
  readonly codes: readonly string[]
  /** In full, when asked for by `explain`. */
  readonly guards?: readonly GuardFinding[]
  /** The version that answered. */
  readonly model: ModelIdentity
  /** Milliseconds in each step, for all the requests that the server ran together. */
  readonly timings: StageTimings
}

/** A row that got an answer. */
export interface Answered<O> extends Answer {
  readonly output: O
  /** Who answered: `model`, `fallback:<name>` or `stored`. */
  readonly source: string
  readonly error?: undefined
}

/** A row that was refused. */
export interface Refused extends Answer {
  readonly output: null
  readonly source: 'none'
  readonly error: { readonly code: ErrorCode; readonly field: string | null; readonly message: string }
}

/** The answer of one row among several; `error` tells the two kinds apart. */
export type RowAnswer<O> = Answered<O> | Refused
