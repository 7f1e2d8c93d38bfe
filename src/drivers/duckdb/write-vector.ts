import type { DuckDBValue, DuckDBVector } from '@duckdb/node-api'
import type { Column } from '../../core/frame.js'
import { bfloat16ToNumber, float16ToNumber } from '../../core/half.js'
import { valueText } from '../../core/json-writer.js'
import { elementCount } from '../../core/tensor.js'
import type { Duckdb } from './load-duckdb.js'
import { isFixed } from './output-types.js'
import type { StoredColumn } from './output-types.js'
import { rawVector } from './raw-vector.js'
import type { RawVector } from './raw-vector.js'

/** Rows `start` to `start + count` of a batch. */
export interface RowRange {
  readonly start: number
  readonly count: number
}

/** Writes rows of a column into a vector of the table; the vector holds `count` rows. */
export function writeColumn(vector: DuckDBVector, column: Column, stored: StoredColumn, range: RowRange, duckdb: Duckdb): void {
  if (isFixed(stored.column)) writeElements(innermost(vector, stored.column.shape.length), column, range)
  else writeValues(vector, column, stored.column.shape.length > 0, range, duckdb)
  writeValidity(vector, column.validity, range)
  vector.flush()
}

/** Writes codes of texts. */
export function writeCodes(vector: DuckDBVector, codes: Uint32Array): void {
  ;(rawVector(vector).items as Uint32Array).set(codes)
  vector.flush()
}

interface ArrayVector {
  readonly childData: DuckDBVector
}

/** Elements of arrays lie one after another in the vector below. */
function innermost(vector: DuckDBVector, depth: number): RawVector {
  let inner = vector
  for (let level = 0; level < depth; level++) inner = (inner as unknown as ArrayVector).childData
  return rawVector(inner)
}

function writeElements(vector: RawVector, column: Column, { start, count }: RowRange): void {
  const size = elementCount(column.shape)
  const data = (column.data as Uint8Array).subarray(start * size, (start + count) * size)
  if (column.dtype === 'bool') {
    const view = vector.dataView!
    new Uint8Array(view.buffer, view.byteOffset, data.length).set(data)
  } else if (column.dtype === 'float16' || column.dtype === 'bfloat16') {
    const read = column.dtype === 'float16' ? float16ToNumber : bfloat16ToNumber
    const items = vector.items!
    for (let i = 0; i < data.length; i++) items[i] = read(data[i]!)
  } else (vector.items as Uint8Array).set(data)
}

function writeValues(vector: DuckDBVector, column: Column, shaped: boolean, { start, count }: RowRange, duckdb: Duckdb): void {
  const size = elementCount(column.shape)
  const plain = plainElement(column)
  for (let i = 0; i < count; i++) {
    const row = start + i
    if (column.validity?.[row] === 0) vector.setItem(i, null)
    else if (shaped) vector.setItem(i, listOf(column, plain, column.shape, row * size, duckdb))
    else vector.setItem(i, plain(column.data[row]))
  }
}

function listOf(
  column: Column,
  plain: (value: unknown) => DuckDBValue,
  shape: readonly number[],
  start: number,
  duckdb: Duckdb,
): DuckDBValue {
  const [length = 0, ...rest] = shape
  const size = elementCount(rest)
  return duckdb.listValue(
    Array.from({ length }, (_, i) =>
      rest.length === 0 ? plain(column.data[start + i]) : listOf(column, plain, rest, start + i * size, duckdb),
    ),
  )
}

function plainElement(column: Column): (value: unknown) => DuckDBValue {
  switch (column.dtype) {
    case 'bool':
      return (value) => value === 1
    case 'float16':
      return (value) => float16ToNumber(value as number)
    case 'bfloat16':
      return (value) => bfloat16ToNumber(value as number)
    case 'object':
      return (value) => (value === null ? null : valueText(value, 'null'))
    default:
      return (value) => value as DuckDBValue
  }
}

const wordsOfAllRows = new Uint32Array(64)

/** Sets the bits of absent rows; a vector without any has no bits. */
function writeValidity(vector: DuckDBVector, validity: Uint8Array | null, { start, count }: RowRange): void {
  if (validity === null || !validity.subarray(start, start + count).includes(0)) return
  const words = wordsOfAllRows.slice(0, Math.ceil(count / 64) * 2)
  for (let i = 0; i < count; i++) if (validity[start + i] === 1) words[i >>> 5]! |= 1 << (i & 31)
  ;(rawVector(vector).validity as { data: BigUint64Array | null }).data = new BigUint64Array(words.buffer)
}
