import { SlipwayError } from './errors.js'
import type { ErrorCode } from './errors.js'
import type { Field } from './field.js'
import { runSchemaOnRow } from './field-schema.js'
import type { Column } from './frame.js'
import type { IssueLog } from './issue-log.js'
import type { JsonReader } from './json-reader.js'

/** Rows before its growable storage is used the second time; small, as most frames are. */
export const initialRows = 16

/** What a builder's rows are read with: a guardrail judges NaN and infinities, the reader only reads them. */
export const nonFinite = { nonFinite: true } as const

/** What a column builder is made from. */
export interface ColumnContext {
  readonly name: string
  /** Findings go here, with the action of the field. */
  readonly log: IssueLog
  /** False where the row may lack the field: it is optional, or gathered later. */
  readonly required: boolean
}

/**
 * Collects one column, row after row: each row is given once by `read`, `append` or `missing`, in order. A value that does not fit is an
 * issue of its row, and the row holds a placeholder with validity 0.
 */
export abstract class ColumnBuilder<F extends Field = Field> {
  readonly field: F
  readonly name: string
  /** How messages call a value of the field: `a number`. */
  protected abstract readonly what: string
  readonly #log: IssueLog
  readonly #required: boolean
  /** Made when the first row is absent; ones otherwise. */
  #validity: Uint8Array | null = null

  constructor(field: F, context: ColumnContext) {
    this.field = field
    this.name = context.name
    this.#log = context.log
    this.#required = context.required
  }

  /** Takes the row's value from JSON; the reader stands before it. */
  abstract read(reader: JsonReader, row: number): void
  /** Checks the type of a value that is not null, and stores it; false when it was refused. */
  protected abstract take(value: unknown, row: number): boolean
  /** Stores the placeholder of an absent value. */
  protected abstract blank(row: number): void
  /** Copies `count` rows of a column of the same type; rows of it that are absent become absent here. */
  protected abstract copy(column: Column, count: number, row: number): void
  /** Takes back every row from `rows` on. */
  abstract truncate(rows: number): void
  /** Forgets every row, of which there were `rows`. */
  abstract reset(rows: number): void
  /** The column as far as row `rows`. */
  abstract build(rows: number): Column

  /** Takes the row's value from JavaScript. */
  append(value: unknown, row: number): void {
    if (value === null || value === undefined) this.missing(row)
    else if (this.take(value, row) && this.field.schema !== null) this.#validate(value, row)
  }

  /** The row has no value. */
  missing(row: number): void {
    this.absent(row)
    if (this.#required) this.#log.add(row, 'INPUT_MISSING', this.name, this.field, `\`${this.name}\` is required`)
  }

  /** The row has no value, and needs none. */
  absent(row: number): void {
    this.blank(row)
    this.#invalidate(row)
  }

  /** Takes the rows of a column of the same type. */
  appendColumn(column: Column, count: number, row: number): void {
    if (column.dtype !== this.field.dtype) {
      throw new SlipwayError('INPUT_DATATYPE', `expected ${this.field.dtype} for \`${this.name}\`, received ${column.dtype}`)
    }
    this.copy(column, count, row)
    if (column.validity === null && this.#validity === null) return
    for (let i = 0; i < count; i++) {
      if (column.validity?.[i] === 0) this.#invalidate(row + i)
      else this.present(row + i)
    }
  }

  protected present(row: number): void {
    if (this.#validity !== null) this.#setValidity(row, 1)
  }

  /** Stores the placeholder and an issue. */
  protected refuse(row: number, code: ErrorCode, message: string): false {
    this.absent(row)
    this.#log.add(row, code, this.name, this.field, message)
    return false
  }

  protected refuseType(row: number, received: string): false {
    return this.refuse(row, 'INPUT_TYPE', `expected ${this.what} for \`${this.name}\`, received ${received}`)
  }

  /** Reads what is not the JSON token of the field: null is absent, anything else is of the wrong type. */
  protected readOther(reader: JsonReader, row: number): void {
    const token = reader.peek()
    if (token === 'null') {
      reader.null()
      this.missing(row)
    } else {
      reader.skip(nonFinite)
      this.refuseType(row, nameOfType(token))
    }
  }

  /** Reads the value whole, for fields whose Standard Schema wants to see it. */
  protected readWhole(reader: JsonReader, row: number): void {
    let value: unknown
    try {
      value = reader.value(nonFinite)
    } catch (error) {
      if (!(error instanceof SlipwayError) || (error.code !== 'INPUT_DUPLICATE' && error.code !== 'INPUT_RANGE')) throw error
      this.refuse(row, error.code, `\`${this.name}\`: ${error.message}`)
      return
    }
    this.append(value, row)
  }

  protected validityView(rows: number): Uint8Array | null {
    const validity = this.#validity
    if (validity === null) return null
    if (validity.length < rows) this.#setValidity(rows - 1, 1)
    const view = this.#validity!.subarray(0, rows)
    return view.includes(0) ? view : null
  }

  protected clearValidity(): void {
    this.#validity = null
  }

  #validate(value: unknown, row: number): void {
    const result = runSchemaOnRow(this.field.schema!, value)
    if (result.issue === null) this.take(result.value, row)
    else this.refuse(row, 'INPUT_SCHEMA', `\`${this.name}\`: ${result.issue}`)
  }

  #invalidate(row: number): void {
    this.#validity ??= new Uint8Array(Math.max(initialRows, row + 1)).fill(1)
    this.#setValidity(row, 0)
  }

  #setValidity(row: number, value: 0 | 1): void {
    let validity = this.#validity!
    if (row >= validity.length) {
      const old = validity
      validity = new Uint8Array(Math.max(row + 1, old.length * 2)).fill(1)
      validity.set(old)
      this.#validity = validity
    }
    validity[row] = value
  }
}

/** `a string`, `an array`: how messages call a type. */
function nameOfType(type: string): string {
  if (type === 'true' || type === 'false') return 'a boolean'
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`
}

/** The type of a JavaScript value, as messages call it. */
export function nameOfValue(value: unknown): string {
  return nameOfType(Array.isArray(value) ? 'array' : typeof value)
}
