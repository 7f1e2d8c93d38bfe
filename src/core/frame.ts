import type { DataByDType, DType } from './dtype.js'

/** Element type of a column; `object` holds values that a Standard Schema validated and that only the definition can read. */
export type ColumnType = DType | 'object'

interface DataByColumnType extends DataByDType {
  object: unknown[]
}

/** One column: `length * product(shape)` elements, row after row. */
export interface Column<T extends ColumnType = ColumnType> {
  readonly dtype: T
  /** Shape of one row; [] for a scalar. */
  readonly shape: readonly number[]
  readonly data: DataByColumnType[T]
  /** One byte a row, 1 where the value is present; null when every row has one. Absent rows hold a placeholder (NaN, 0, ''). */
  readonly validity: Uint8Array | null
}

/** Columns by name; made with a null prototype, so that `__proto__` is a name like any other. */
export type Columns = Readonly<Record<string, Column>>

/** The one data shape inside: columns of typed arrays with validity. A request is a frame of one row. */
export interface Frame<C = Columns> {
  readonly length: number
  readonly columns: C
}
