import { nameOfValue, nonFinite } from './column-builder.js'
import type { ColumnBuilder } from './column-builder.js'
import { createColumnBuilder } from './create-column-builder.js'
import { SlipwayError } from './errors.js'
import type { Fields } from './field.js'
import type { Column, Columns } from './frame.js'
import { columnsOf } from './frame-ops.js'
import { isElementList } from './nested-values.js'
import type { GuardAction, RowIssue } from './issue.js'
import { IssueLog } from './issue-log.js'
import type { JsonReader } from './json-reader.js'
import { endOfObject, unknownKey } from './json-reader.js'
import type { KeyTable } from './key-table.js'
import { keyTable } from './key-table.js'
import type { InputFrame } from './prediction.js'

/**
 * Collects rows into the columns of a signature. It grows, is reused, and turns bad values into issues of their row: presence, types,
 * storage ranges, shapes, Standard Schemas. Ranges, categories, lengths, patterns and finiteness are for the guardrails.
 * `build` gives views into its storage: they hold until the next `reset`.
 *
 * A tensor with free dimensions has one shape a frame, told by its first good row; see `hasFreeDimensions`.
 */
export interface FrameBuilder {
  readonly length: number
  /** Appends one row given as a plain object (own properties only); anything else is an issue of that row. */
  appendRow(row: unknown): void
  /** Appends one row read from JSON, the reader standing before its `{`; syntax errors throw INVALID_JSON, and the row is not appended. */
  readRow(reader: JsonReader): void
  /** Appends every row of a frame that has this signature's columns (storage types equal). Throws when it has not. */
  appendFrame(input: InputFrame): void
  /** Adds an issue to a row already appended. */
  addIssue(issue: RowIssue): void
  /** Takes back every row from `length` on. */
  truncate(length: number): void
  build(): InputFrame
  reset(): void
}

export interface FrameBuilderOptions {
  /** A field that the signature lacks: an issue of its row, or left unread. */
  readonly unknownFields: 'reject' | 'ignore'
  /** What happens to rows whose field does not say. */
  readonly defaultAction: GuardAction
  /** Fields that may be absent because they are looked up later; their presence is checked then. */
  readonly gatherable?: ReadonlySet<string>
}

/** The options in full: how the rows of one model are to be read, whoever reads them. */
export type RowPolicy = Required<FrameBuilderOptions>

/** An empty builder for the columns of a signature. */
export function createFrameBuilder(fields: Fields, options: FrameBuilderOptions): FrameBuilder {
  return new ColumnsFrameBuilder(fields, options)
}

/** Most characters of an unknown key that a message repeats. */
const shownKey = 64

class ColumnsFrameBuilder implements FrameBuilder {
  readonly #columns: readonly ColumnBuilder[]
  readonly #table: KeyTable
  readonly #log: IssueLog
  readonly #rejectUnknown: boolean
  /** By column: the serial of the row that was given it last. */
  readonly #given: Int32Array
  #serial = 0
  /** Columns of the last build and the record that holds them: used again when nothing moved. */
  readonly #built: Column[] = []
  #record: Columns = columnsOf([])
  #length = 0
  /** False while a row is being appended: issues of a row that was given up may be in the log. */
  #settled = true

  constructor(fields: Fields, options: FrameBuilderOptions) {
    this.#log = new IssueLog(options.defaultAction)
    this.#table = keyTable(Object.keys(fields))
    this.#columns = Object.entries(fields).map(([name, field]) =>
      createColumnBuilder(field, { name, log: this.#log, required: !field.optional && options.gatherable?.has(name) !== true }),
    )
    this.#given = new Int32Array(this.#columns.length)
    this.#rejectUnknown = options.unknownFields === 'reject'
  }

  get length(): number {
    return this.#length
  }

  appendRow(row: unknown): void {
    const at = this.#begin()
    if (typeof row !== 'object' || row === null || isElementList(row)) this.#refuseRow(at, nameOfValue(row))
    else this.#appendFields(row as Readonly<Record<string, unknown>>, at)
    this.#finish()
  }

  readRow(reader: JsonReader): void {
    const at = this.#begin()
    if (reader.peekByte() === 123) this.#readFields(reader, at)
    else {
      const token = reader.peek()
      reader.skip(nonFinite)
      this.#refuseRow(at, token)
    }
    this.#finish()
  }

  appendFrame(input: InputFrame): void {
    const at = this.#begin()
    const { frame } = input
    for (const column of this.#columns) column.appendColumn(columnOf(frame.columns, column.name), frame.length, at)
    for (const issue of input.issues) this.#log.push({ ...issue, row: issue.row + at })
    this.#length += frame.length
    this.#settled = true
  }

  addIssue(issue: RowIssue): void {
    this.#log.push(issue)
  }

  truncate(length: number): void {
    this.#length = Math.min(length, this.#length)
    this.#log.truncate(this.#length)
    for (const column of this.#columns) column.truncate(this.#length)
  }

  build(): InputFrame {
    const built = this.#built
    let same = built.length > 0
    for (let i = 0; i < this.#columns.length; i++) {
      const column = this.#columns[i]!.build(this.#length)
      if (column !== built[i]) same = false
      built[i] = column
    }
    if (!same) this.#record = columnsOf(this.#columns.map((column, i) => [column.name, built[i]!]))
    return { frame: { length: this.#length, columns: this.#record }, issues: this.#log.snapshot() }
  }

  reset(): void {
    for (const column of this.#columns) column.reset(this.#length)
    this.#log.clear()
    this.#length = 0
    this.#settled = true
  }

  #begin(): number {
    if (!this.#settled) this.truncate(this.#length)
    this.#settled = false
    if (this.#serial === 0x7fffffff) {
      this.#serial = 0
      this.#given.fill(0)
    }
    this.#serial++
    return this.#length
  }

  #finish(): void {
    this.#length++
    this.#settled = true
  }

  #readFields(reader: JsonReader, row: number): void {
    const columns = this.#columns
    const given = this.#given
    const serial = this.#serial
    let found = 0
    let next = 0
    let unknown = false
    let twice = false
    reader.beginObject()
    for (;;) {
      const index = reader.keyIndex(this.#table, next)
      if (index >= 0) {
        next = index + 1
        if (given[index] === serial) {
          if (!twice) this.#refuseTwice(row, index)
          twice = true
          reader.skip(nonFinite)
          continue
        }
        given[index] = serial
        found++
        columns[index]!.read(reader, row)
      } else if (index === endOfObject) break
      else if (index === unknownKey) {
        if (!unknown) this.#refuseUnknown(row, reader.key)
        unknown = true
        reader.skip(nonFinite)
      }
    }
    if (found < columns.length) this.#fillMissing(row)
  }

  #appendFields(row: Readonly<Record<string, unknown>>, at: number): void {
    let found = 0
    for (const column of this.#columns) {
      if (Object.hasOwn(row, column.name)) {
        found++
        column.append(row[column.name], at)
      } else column.missing(at)
    }
    if (!this.#rejectUnknown) return
    const keys = Object.keys(row)
    if (keys.length > found) this.#refuseUnknown(at, keys.find((key) => this.#table.indexOf(key) < 0) ?? '')
  }

  #fillMissing(row: number): void {
    const columns = this.#columns
    for (let i = 0; i < columns.length; i++) {
      if (this.#given[i] !== this.#serial) columns[i]!.missing(row)
    }
  }

  #refuseRow(row: number, received: string): void {
    for (const column of this.#columns) column.absent(row)
    this.#log.add(row, 'INPUT_TYPE', null, null, `expected an object of fields for the row, received ${received}`)
  }

  #refuseUnknown(row: number, key: string): void {
    if (!this.#rejectUnknown) return
    const shown = key.length > shownKey ? `${key.slice(0, shownKey)}…` : key
    this.#log.add(row, 'INPUT_UNKNOWN', null, null, `the signature has no field ${JSON.stringify(shown)}`)
  }

  #refuseTwice(row: number, index: number): void {
    const { name, field } = this.#columns[index]!
    this.#log.add(row, 'INPUT_DUPLICATE', name, field, `\`${name}\` is given twice`)
  }
}

function columnOf(columns: Readonly<Record<string, Column>>, name: string): Column {
  const column = columns[name]
  if (column === undefined) throw new SlipwayError('INPUT_MISSING', `the frame has no column \`${name}\``)
  return column
}
