import { booleanOf, cellValue, numberOf, wholeNumber } from '../../core/csv-cell.js'
import type { Column } from '../../core/frame.js'
import { timestamp } from '../../core/fields.js'
import { parseIsoTime } from '../../core/iso-time.js'
import type { TableType } from '../../core/table.js'
import type { Cell } from './split-cells.js'

/** One carried column of a chunk: values of its type, row after row. Storage is used again by the next chunk. */
export class CarriedColumn {
  readonly name: string
  readonly #type: TableType
  readonly #data: Float64Array | BigInt64Array | Uint8Array | unknown[]
  readonly #dtype: Column['dtype']
  readonly #validity: Uint8Array
  #absent = false

  /** `json` keeps any value as it is; everything else has a storage of its own. */
  constructor(name: string, type: TableType, rows: number) {
    this.name = name
    this.#type = type
    this.#dtype = dtypes[type]
    this.#data = storage(type, rows)
    this.#validity = new Uint8Array(rows).fill(1)
  }

  /** Takes a value; false, and the row has none, where it does not fit the type. null is an absent value. */
  put(row: number, value: unknown): boolean {
    const stored = value === null ? null : fitted(value, this.#type)
    if (stored === null) {
      this.#leaveOut(row)
      return value === null
    }
    ;(this.#data as unknown[])[row] = stored
    this.#validity[row] = 1
    return true
  }

  /** The column as far as row `rows`. */
  column(rows: number): Column {
    const data = Array.isArray(this.#data) ? this.#data.slice(0, rows) : this.#data.subarray(0, rows)
    const validity = this.#absent ? this.#validity.subarray(0, rows) : null
    return { dtype: this.#dtype, shape: [], data, validity }
  }

  reset(): void {
    if (this.#absent) this.#validity.fill(1)
    this.#absent = false
  }

  #leaveOut(row: number): void {
    ;(this.#data as unknown[])[row] = blanks[this.#type]
    this.#validity[row] = 0
    this.#absent = true
  }
}

/** How messages call a value of a type. */
export const typeNames: Readonly<Record<TableType, string>> = {
  text: 'a text',
  integer: 'a whole number of 64 bits',
  number: 'a number',
  boolean: 'true or false',
  timestamp: 'an ISO 8601 time with its zone, or epoch milliseconds',
  json: 'any value',
}

const dtypes = { text: 'string', integer: 'int64', number: 'float64', boolean: 'bool', timestamp: 'float64', json: 'object' } as const
const blanks = { text: '', integer: 0n, number: Number.NaN, boolean: 0, timestamp: Number.NaN, json: null } as const

function storage(type: TableType, rows: number): Float64Array | BigInt64Array | Uint8Array | unknown[] {
  if (type === 'integer') return new BigInt64Array(rows)
  if (type === 'boolean') return new Uint8Array(rows)
  return type === 'number' || type === 'timestamp' ? new Float64Array(rows) : []
}

function fitted(value: unknown, type: TableType): unknown {
  switch (type) {
    case 'text':
      return typeof value === 'string' ? value : null
    case 'integer':
      return wholeOf(value)
    case 'number':
      return typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? Number(value) : null
    case 'timestamp':
      return timeOf(value)
    case 'json':
      return value
  }
}

function wholeOf(value: unknown): bigint | null {
  const whole = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
  return typeof whole === 'bigint' && BigInt.asIntN(64, whole) === whole ? whole : null
}

function timeOf(value: unknown): number | null {
  const time = typeof value === 'string' ? parseIsoTime(value) : value
  return typeof time === 'number' && Math.abs(time) <= 8.64e15 ? time : null
}

const time = timestamp()

/** The value of a cell of CSV for a carried column; null where nothing stands between the commas. */
export function carriedCell({ text, quoted }: Cell, type: TableType): unknown {
  if (type === 'text' || type === 'json') return text === '' && !quoted ? null : text
  if (text.trim() === '') return null
  switch (type) {
    case 'integer':
      return wholeNumber(text)
    case 'number':
      return numberOf(text)
    case 'boolean':
      return booleanOf(text)
    case 'timestamp':
      return cellValue(text, time)
  }
}
