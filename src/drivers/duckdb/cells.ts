import type { DuckDBVector } from '@duckdb/node-api'
import type { Duckdb } from './load-duckdb.js'
import { rawVector, validityOf } from './raw-vector.js'
import type { LongItems, NumberItems, RawVector } from './raw-vector.js'
import type { Selected } from './selection.js'
import { TextCells } from './text-cells.js'

/** The cells of one column in one chunk of a result. They hold as long as the chunk does. */
export interface Cells {
  readonly length: number
  /** One byte a row, 1 where there is a value; null when every row has one. */
  readonly valid: Uint8Array | null
  /** Numbers, 64-bit integers, and booleans as bytes, as they lie in the chunk; null for all else. Absent rows mean nothing. */
  readonly items: NumberItems | LongItems | null
  /** A row that is there: number, bigint where a number would not be exact, boolean, string, or elements of a list. */
  value(row: number): unknown
}

/** Reads the vectors of one column, chunk after chunk. */
export type CellReader = (vector: DuckDBVector) => Cells

/** A reader for a column that was selected so. */
export function cellReader(selected: Selected, duckdb: Duckdb): CellReader {
  switch (selected.kind) {
    case 'numbers':
    case 'times':
      return (vector) => numbers(rawVector(vector))
    case 'longs':
      return (vector) => longs(rawVector(vector))
    case 'huge':
      return (vector) => huge(rawVector(vector))
    case 'flags':
      return (vector) => flags(rawVector(vector))
    case 'texts':
    case 'json': {
      const decoder = new TextCells(duckdb)
      return (vector) => texts(rawVector(vector), decoder)
    }
    case 'list': {
      const element = cellReader(selected.element!, duckdb)
      const typed = selected.element!.kind !== 'flags'
      return (vector) => lists(rawVector(vector), element, typed)
    }
  }
}

function numbers(vector: RawVector): Cells {
  const items = vector.items as NumberItems
  return { length: vector.itemCount, valid: validityOf(vector), items, value: (row) => items[row] }
}

/** A number is made of the halves of a 64-bit integer where it is exact: a bigint costs ten times as much. */
function longs(vector: RawVector): Cells {
  const items = vector.items as LongItems
  const low = new Uint32Array(items.buffer, items.byteOffset, items.length * 2)
  const signed = items instanceof BigInt64Array
  const high = signed ? new Int32Array(items.buffer, items.byteOffset, items.length * 2) : low
  const value = (row: number): number | bigint => {
    const number = high[row * 2 + 1]! * 4_294_967_296 + low[row * 2]!
    return Number.isSafeInteger(number) ? number : items[row]!
  }
  return { length: vector.itemCount, valid: validityOf(vector), items, value }
}

function huge(vector: RawVector): Cells {
  const value = (row: number): unknown => {
    const integer = vector.getItem(row) as bigint
    const number = Number(integer)
    return Number.isSafeInteger(number) ? number : integer
  }
  return { length: vector.itemCount, valid: validityOf(vector), items: null, value }
}

function flags(vector: RawVector): Cells {
  const view = vector.dataView!
  const items = new Uint8Array(view.buffer, view.byteOffset, vector.itemCount)
  return { length: vector.itemCount, valid: validityOf(vector), items, value: (row) => items[row] === 1 }
}

function texts(vector: RawVector, decoder: TextCells): Cells {
  const valid = validityOf(vector)
  const decoded = decoder.read(vector, valid)
  return { length: vector.itemCount, valid, items: null, value: (row) => decoded[row] }
}

/** Numbers as typed arrays where none is missing (booleans are no numbers), anything else as arrays with null for what is missing. */
function lists(vector: RawVector, readElements: CellReader, mayBeTyped: boolean): Cells {
  const entries = vector.entryData!
  const elements = readElements(vector.childVector!)
  const typed = mayBeTyped ? elements.items : null
  const value = (row: number): unknown => {
    const start = Number(entries[row * 2])
    const end = start + Number(entries[row * 2 + 1])
    if (typed !== null && (elements.valid === null || !elements.valid.subarray(start, end).includes(0))) return typed.subarray(start, end)
    return Array.from({ length: end - start }, (_, i) => (elements.valid?.[start + i] === 0 ? null : elements.value(start + i)))
  }
  return { length: vector.itemCount, valid: validityOf(vector), items: null, value }
}
