import type { Column } from '../../core/frame.js'
import type { Range } from './statistics.js'

/** The values of a column chunk, encoded. The bytes hold until the store is appended to again. */
export interface EncodedValues {
  readonly encoding: 'plain' | 'dictionary'
  /** The dictionary page's values, and how many; null where there is none. */
  readonly dictionary: { readonly bytes: Uint8Array; readonly count: number } | null
  readonly values: readonly Uint8Array[]
  /** Least and greatest value, as statistics hold them. */
  readonly range: Range | null
}

/** Collects the values of one column of a row group that are there; which are not is told apart. */
export interface ValueStore {
  /** Bytes that the values take about. */
  readonly bytes: number
  /** Adds elements `start` to `end` of a column's data: those that are present, a byte each from `start` on; null for all. */
  append(column: Column, start: number, end: number, present: Uint8Array | null): void
  /** Encodes the values, and begins anew. */
  take(): EncodedValues
}
