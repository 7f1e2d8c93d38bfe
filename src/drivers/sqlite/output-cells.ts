import { bfloat16ToNumber, float16ToNumber } from '../../core/half.js'
import { nestedText, valueText } from '../../core/json-writer.js'
import type { Column } from '../../core/frame.js'
import type { OutputColumn, RepeatedTexts, TableType } from '../../core/table.js'
import { elementCount } from '../../core/tensor.js'

/** A value as SQLite takes it. */
export type Cell = string | number | bigint | null

/** Types that columns are declared with, so that other programs see what was meant. Times are ISO 8601 texts. */
export const declaredTypes: Readonly<Record<TableType, string>> = {
  text: 'TEXT',
  integer: 'INTEGER',
  number: 'REAL',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  json: 'JSON',
}

/** What gives the cell of a row. Tensors are JSON text; NaN is null, since SQLite has none. */
export function cellsOf(column: Column | RepeatedTexts, schema: OutputColumn): (row: number) => Cell {
  if ('indices' in column) return (row) => column.values[column.indices[row]!]!
  const value = presentOf(column, schema.type)
  const { validity } = column
  return validity === null ? value : (row) => (validity[row] === 0 ? null : value(row))
}

function presentOf({ dtype, shape, data }: Column, type: TableType): (row: number) => Cell {
  if (dtype === 'object') return (row) => ofValue((data as readonly unknown[])[row], type)
  if (shape.length > 0) {
    const size = elementCount(shape)
    return (row) => nestedText(data, dtype, shape, { start: row * size, nonFinite: 'literal' })
  }
  if (dtype === 'float16') return (row) => ofNumber(float16ToNumber((data as Uint16Array)[row]!), type)
  if (dtype === 'bfloat16') return (row) => ofNumber(bfloat16ToNumber((data as Uint16Array)[row]!), type)
  if (dtype === 'float32' || dtype === 'float64') return (row) => ofNumber((data as Float64Array)[row]!, type)
  return (row) => (data as ArrayLike<Cell>)[row]!
}

function ofNumber(value: number, type: TableType): Cell {
  if (Number.isNaN(value)) return null
  if (type !== 'timestamp') return value
  return Math.abs(value) <= 8.64e15 ? new Date(value).toISOString() : null
}

function ofValue(value: unknown, type: TableType): Cell {
  if (value === null || value === undefined) return null
  if (type === 'json') return valueText(value, 'literal')
  if (typeof value === 'number') return ofNumber(value, type)
  if (typeof value === 'string' || typeof value === 'bigint') return value
  return typeof value === 'boolean' ? Number(value) : valueText(value, 'literal')
}
