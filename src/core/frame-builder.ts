import type { ColumnType, Frame } from './frame.js'
import type { RowIssue } from './issue.js'
import type { InputFrame } from './prediction.js'
import type { JsonReader } from './json-reader.js'

/**
 * Collects rows into the columns of a signature. It grows, is reused, and turns bad values into issues of their row.
 * `build` gives views into its storage: they hold until the next `reset`.
 */
export interface FrameBuilder {
  readonly length: number
  /** Appends one row given as a plain object (own properties only); anything else is an issue of that row. */
  appendRow(row: unknown): void
  /** Appends one row read from JSON, the reader standing before its `{`; syntax errors throw INVALID_JSON. */
  readRow(reader: JsonReader): void
  /** Appends every row of a frame that has this signature's columns (storage types equal). */
  appendFrame(input: InputFrame): void
  /** Adds an issue to a row already appended. */
  addIssue(issue: RowIssue): void
  /** Takes back every row from `length` on. */
  truncate(length: number): void
  build(): InputFrame
  reset(): void
}

export type { ColumnType, Frame }
