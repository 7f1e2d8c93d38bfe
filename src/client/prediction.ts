import type { ErrorCode } from '../core/errors.js'
import type { Fields } from '../core/field.js'
import type { OutputOf, RowOf } from '../core/field-types.js'

/** A row as `predict` takes it: typed by a definition, any object where none is named. */
export type InputRow<D> = D extends { readonly input: infer I extends Fields; readonly output: Fields }
  ? RowOf<I>
  : Readonly<Record<string, unknown>>

/** An output as `predict` gives it. */
export type OutputRow<D> = D extends { readonly input: Fields; readonly output: infer O extends Fields }
  ? OutputOf<O>
  : Readonly<Record<string, unknown>>

/** A row that got an answer. */
export interface Answered<O> {
  /** Prediction id: what feedback about the answer refers to. */
  readonly id: string
  readonly output: O
  /** Who answered: `model`, `fallback:<name>` or `stored`. */
  readonly source: string
  /** What the guards noted, such as `INPUT_RANGE:amount`. */
  readonly codes: readonly string[]
  readonly error?: undefined
}

/** A row that was refused. */
export interface Refused {
  readonly id: string
  readonly output: null
  readonly source: string
  readonly codes: readonly string[]
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly field?: string | null }
}

/** The answer of one row among several. */
export type RowAnswer<O> = Answered<O> | Refused
