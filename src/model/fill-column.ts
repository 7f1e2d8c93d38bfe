import { allocate } from '../core/dtype.js'
import { copyElements } from '../core/element-buffer.js'
import type { Field } from '../core/field.js'
import type { Column } from '../core/frame.js'
import { placeholder } from '../core/placeholder.js'
import { elementCount } from '../core/tensor.js'

/**
 * A copy of a column whose absent rows are filled: those in `targets[i]` with row i of `source`, where both say so. `refused` are rows whose
 * tensor has another shape than the rows that came with one.
 */
export function fillColumn(
  field: Field,
  column: Column,
  source: Column,
  targets: readonly (readonly number[])[],
): { readonly column: Column; readonly refused: readonly number[] } {
  const { validity } = column
  if (validity === null) return { column, refused: [] }
  const empty = !validity.includes(1)
  const shape = empty ? source.shape : column.shape
  const alike = shape.join() === source.shape.join()
  const size = elementCount(shape)
  const data = empty ? blankData(field, validity.length * size) : column.data.slice()
  const present = validity.slice()
  const refused: number[] = []
  for (const [index, rows] of targets.entries()) {
    if (source.validity?.[index] === 0) continue
    for (const row of rows) {
      if (present[row] === 1) continue
      if (!alike) refused.push(row)
      else {
        copyElements(source.data, index * size, data, row * size, size)
        present[row] = 1
      }
    }
  }
  return { column: { dtype: column.dtype, shape, data, validity: present.includes(0) ? present : null }, refused }
}

/** Storage of `length` placeholders of a field. */
export function blankData(field: Field, length: number): Column['data'] {
  const blank = placeholder(field.dtype)
  if (field.dtype === 'object') return Array.from({ length }, () => blank)
  const data = allocate(field.dtype, length)
  ;(data as unknown[]).fill(blank)
  return data
}
