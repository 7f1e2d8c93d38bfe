import type { ColumnContext } from './column-builder.js'
import { ColumnBuilder, initialRows } from './column-builder.js'
import type { DType } from './dtype.js'
import { copyElements, ElementBuffer } from './element-buffer.js'
import type { Field } from './field.js'
import type { Column } from './frame.js'
import { placeholder } from './placeholder.js'

/** A column of one element a row. */
export abstract class ScalarColumn<F extends Field, D extends DType> extends ColumnBuilder<F> {
  protected readonly buffer: ElementBuffer<D>
  readonly #placeholder: unknown
  #column: Column<D> | null = null

  constructor(field: F, dtype: D, context: ColumnContext) {
    super(field, context)
    this.buffer = new ElementBuffer(dtype, initialRows)
    this.#placeholder = placeholder(dtype)
  }

  /** Makes room for a row. */
  protected grow(row: number): void {
    this.buffer.length = row
    this.buffer.reserve(row + 1)
  }

  protected blank(row: number): void {
    if (row >= this.buffer.capacity) this.grow(row)
    ;(this.buffer.data as unknown[])[row] = this.#placeholder
  }

  protected copy(column: Column, count: number, row: number): void {
    this.buffer.length = row
    this.buffer.reserve(row + count)
    copyElements(column.data, 0, this.buffer.data as object, row, count)
  }

  truncate(): void {
    // Rows are overwritten in place.
  }

  reset(rows: number): void {
    this.buffer.recycle(rows)
    this.clearValidity()
  }

  build(rows: number): Column<D> {
    const validity = this.validityView(rows)
    const cached = this.#column
    // The same number of rows as last time: the same view.
    if (validity === null && cached !== null && cached.data.length === rows && isViewOf(cached.data, this.buffer.data)) return cached
    const column = { dtype: this.buffer.dtype, shape: [], data: this.buffer.view(0, rows), validity } as unknown as Column<D>
    if (validity === null) this.#column = column
    return column
  }
}

function isViewOf(view: object, data: object): boolean {
  return !Array.isArray(view) && (view as Uint8Array).buffer === (data as Uint8Array).buffer
}
