import type { Column } from './frame.js'
import { nestedText, type NonFiniteDialect, valueText } from './json-writer.js'
import { elementCount } from './tensor.js'

/** The value of one row of a column as JSON; `row` counts from the column's first. */
export function cellText(column: Column, row: number, nonFinite: NonFiniteDialect): string {
  if (column.validity?.[row] === 0) return 'null'
  if (column.dtype === 'object') return valueText(column.data[row], nonFinite)
  const { shape } = column
  return nestedText(column.data, column.dtype, shape, { start: shape.length === 0 ? row : row * elementCount(shape), nonFinite })
}
