import { createColumnBuilder } from '../../core/create-column-builder.js'
import type { ColumnBuilder } from '../../core/column-builder.js'
import { runSchemaOnRow } from '../../core/field-schema.js'
import type { Column } from '../../core/frame.js'
import { columnsOf } from '../../core/frame-ops.js'
import type { RowPolicy } from '../../core/frame-builder.js'
import { IssueLog } from '../../core/issue-log.js'
import { createJsonReader } from '../../core/json-reader.js'
import type { InputFrame } from '../../core/prediction.js'
import type { Cells } from './cells.js'
import type { InputSource } from './input-plan.js'

/** A run of rows of a chunk of a result, and the row of the frame where it begins. */
export interface Piece {
  readonly start: number
  readonly count: number
  readonly at: number
}

/** Fills the columns of a signature from cells, by the column builders that rows of requests are read with. */
export class InputColumns {
  readonly #log: IssueLog
  readonly #columns: readonly { readonly source: InputSource; readonly builder: ColumnBuilder }[]
  #length = 0

  constructor(sources: readonly InputSource[], policy: RowPolicy) {
    this.#log = new IssueLog(policy.defaultAction)
    this.#columns = sources.map((source) => ({
      source,
      builder: createColumnBuilder(source.field, { name: source.name, log: this.#log, required: source.required }),
    }))
  }

  /** Appends rows; `cells` has one entry an input, null where the file has no column for it. */
  append(cells: readonly (Cells | null)[], piece: Piece): void {
    for (const [i, { source, builder }] of this.#columns.entries()) {
      const column = cells[i] ?? null
      if (column === null) appendAbsent(builder, piece)
      else if (source.whole) appendWhole(builder, column, piece)
      else if (source.field.kind === 'schema') appendJson(builder, column, piece)
      else appendEach(builder, column, piece)
    }
    this.#length = piece.at + piece.count
  }

  /** The rows so far; views that hold until `reset`. */
  build(): InputFrame {
    const built: [string, Column][] = this.#columns.map(({ source, builder }) => [source.name, builder.build(this.#length)])
    // Found column by column; a frame's issues go row by row.
    const issues = this.#log.snapshot()
    return {
      frame: { length: this.#length, columns: columnsOf(built) },
      issues: issues.length < 2 ? issues : issues.toSorted((a, b) => a.row - b.row),
    }
  }

  reset(): void {
    for (const { builder } of this.#columns) builder.reset(this.#length)
    this.#log.clear()
    this.#length = 0
  }
}

function appendAbsent(builder: ColumnBuilder, { count, at }: Piece): void {
  for (let i = 0; i < count; i++) builder.missing(at + i)
}

/** Copies all rows, then takes back those that are absent. */
function appendWhole(builder: ColumnBuilder, cells: Cells, { start, count, at }: Piece): void {
  const items = cells.items!
  const data = start === 0 && count === cells.length ? items : items.subarray(start, start + count)
  builder.appendColumn({ dtype: builder.field.dtype, shape: [], data: data as Column['data'], validity: null }, count, at)
  const { valid } = cells
  if (valid === null) return
  for (let i = 0; i < count; i++) {
    if (valid[start + i] === 0) builder.missing(at + i)
  }
}

function appendEach(builder: ColumnBuilder, cells: Cells, { start, count, at }: Piece): void {
  const { valid } = cells
  for (let i = 0; i < count; i++) {
    if (valid !== null && valid[start + i] === 0) builder.missing(at + i)
    else builder.append(cells.value(start + i), at + i)
  }
}

const utf8 = new TextEncoder()

/** A Standard Schema sees what a request with the same JSON would show it. A null that it does not take for absent is shown to it as null. */
function appendJson(builder: ColumnBuilder, cells: Cells, { start, count, at }: Piece): void {
  const { valid } = cells
  for (let i = 0; i < count; i++) {
    if (valid === null || valid[start + i] === 1) builder.read(createJsonReader(utf8.encode(cells.value(start + i) as string)), at + i)
    else if (runSchemaOnRow(builder.field.schema!, undefined).issue === null) builder.missing(at + i)
    else builder.append(null, at + i)
  }
}
