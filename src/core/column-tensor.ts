import type { ColumnType, Column } from './frame.js'
import type { DType } from './dtype.js'
import { viewElements } from './element-buffer.js'
import { valueText } from './json-writer.js'
import { elementCount } from './tensor.js'
import type { Tensor } from './tensor.js'

/**
 * Rows `start` to `start + count` of a column as a tensor, the rows its first dimension; a column of scalars has the shape [rows, 1]. A view
 * for typed arrays. Absent rows hold their placeholder; values that only a Standard Schema knows are JSON texts.
 */
export function columnToTensor(column: Column, start: number, count: number): Tensor {
  const size = elementCount(column.shape)
  const shape = [count, ...(column.shape.length === 0 ? [1] : column.shape)]
  const data = viewElements(column.data, start * size, (start + count) * size)
  if (!isObjects(column.dtype)) return { dtype: column.dtype, shape, data: data as Tensor['data'] }
  return { dtype: 'string', shape, data: (data as unknown[]).map((value) => (value === null ? '' : valueText(value, 'null'))) }
}

function isObjects(dtype: ColumnType): dtype is Exclude<ColumnType, DType> {
  return dtype === 'object'
}
