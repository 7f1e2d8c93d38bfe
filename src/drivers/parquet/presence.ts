import type { Column } from '../../core/frame.js'
import type { OutputColumn, RepeatedTexts } from '../../core/table.js'
import { isPointInTime } from './microseconds.js'
import { isTime } from './schema.js'

/** Which of rows `start` to `end` have a value in the file: a byte each, 1 for those that do; null when all do. */
export function presenceOf(spec: OutputColumn, column: Column | RepeatedTexts, start: number, end: number): Uint8Array | null {
  if ('indices' in column) return presenceOfTexts(column, start, end)
  const has = presentBy(spec, column)
  if (has === null) return null
  const present = new Uint8Array(end - start)
  let all = true
  for (let row = start; row < end; row++) {
    if (has(row)) present[row - start] = 1
    else all = false
  }
  return all ? null : present
}

function presenceOfTexts({ values, indices }: RepeatedTexts, start: number, end: number): Uint8Array | null {
  if (!values.includes(null)) return null
  const texts = Uint8Array.from(values, (value) => (value === null ? 0 : 1))
  const present = new Uint8Array(end - start)
  let all = 1
  for (let row = start; row < end; row++) {
    const is = texts[indices[row]!]!
    present[row - start] = is
    all &= is
  }
  return all === 1 ? null : present
}

/** What tells whether a row has a value; null when every row does. */
function presentBy(spec: OutputColumn, column: Column): ((row: number) => boolean) | null {
  const { validity, data } = column
  const marked = validity === null ? () => true : (row: number): boolean => validity[row] !== 0
  if (isTime(spec)) return (row) => marked(row) && isPointInTime(data[row] as number)
  if (column.dtype === 'object' && spec.shape.length === 0) return (row) => marked(row) && data[row] !== null
  return validity === null ? null : marked
}
