import type { Field } from '../core/field.js'
import type { Column, Frame } from '../core/frame.js'
import { elementCount } from '../core/tensor.js'
import type { FrameCheck, Subject } from './check.js'
import { note } from './check.js'
import { describeField } from './describe-field.js'

/**
 * Whether a column is there with the field's storage type, shape and length. Every row of a column that is not fails, since its other checks
 * could not read it; true when the column may be read.
 */
export function layoutFits(subject: Subject, frame: Frame, log: Parameters<FrameCheck>[1]): boolean {
  const column = frame.columns[subject.name]
  if (column !== undefined && fits(subject.field, column, frame.length)) return true
  const received = column === undefined ? 'nothing' : `${column.dtype}[${column.shape.join(',')}] with ${column.data.length} elements`
  for (let row = 0; row < frame.length; row++) {
    note(log, subject, row, { code: subject.codes.type, expected: describeField(subject.field), received })
  }
  return false
}

function fits(field: Field, column: Column, rows: number): boolean {
  if (column.dtype !== field.dtype || column.data.length !== rows * elementCount(column.shape)) return false
  if (column.validity !== null && column.validity.length !== rows) return false
  const { shape } = column
  if (field.kind !== 'tensor') return shape.length === 0
  return shape.length === field.shape.length && field.shape.every((size, axis) => size === null || size === shape[axis])
}
