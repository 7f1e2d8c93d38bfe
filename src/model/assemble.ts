import { copyElements } from '../core/element-buffer.js'
import type { Field, Fields } from '../core/field.js'
import type { Column, Columns, Frame } from '../core/frame.js'
import { columnsOf } from '../core/frame-ops.js'
import { rowRuns } from '../core/row-runs.js'
import { closedShape } from '../core/tensor-shape.js'
import { elementCount } from '../core/tensor.js'
import { blankData } from './fill-column.js'
import type { Part } from './isolate.js'

/**
 * Output columns of `length` rows from parts of them. Rows that no part has hold placeholders and are absent. The parts must agree in the
 * shapes of their tensors; see `disagreeing`.
 */
export function assemble(fields: Fields, length: number, parts: readonly Part[]): Frame {
  const [only] = parts
  if (parts.length === 1 && only!.rows === null) return only!.frame
  const covered = new Uint8Array(length)
  for (const { rows, frame } of parts) {
    for (let i = 0; i < frame.length; i++) covered[rows === null ? i : rows[i]!] = 1
  }
  const columns: Columns = columnsOf(Object.entries(fields).map(([name, field]) => [name, gathered(name, field, parts, covered)] as const))
  return { length, columns }
}

/** The parts whose tensors have another shape than those of the part before: one frame cannot hold both. */
export function disagreeing(parts: readonly Part[]): readonly Part[] {
  const [first, ...rest] = parts
  return first === undefined ? [] : rest.filter((part) => shapesOf(part.frame) !== shapesOf(first.frame))
}

function shapesOf(frame: Frame): string {
  return Object.values(frame.columns)
    .map((column) => column.shape.join())
    .join(';')
}

function gathered(name: string, field: Field, parts: readonly Part[], covered: Uint8Array): Column {
  const first = parts[0]?.frame.columns[name]
  const shape = first?.shape ?? (field.kind === 'tensor' ? closedShape(field.shape) : [])
  const size = elementCount(shape)
  const data = blankData(field, covered.length * size)
  const validity = covered.slice()
  for (const { rows, frame } of parts) {
    const column = frame.columns[name]!
    const runs = rows === null || column.validity !== null ? null : rowRuns(rows)
    if (runs !== null) {
      for (let run = 0, from = 0; run < runs.length; run += 2) {
        copyElements(column.data, from * size, data, runs[run]! * size, runs[run + 1]! * size)
        from += runs[run + 1]!
      }
      continue
    }
    for (let i = 0; i < frame.length; i++) {
      const row = rows === null ? i : rows[i]!
      copyElements(column.data, i * size, data, row * size, size)
      if (column.validity?.[i] === 0) validity[row] = 0
    }
  }
  return { dtype: field.dtype, shape, data, validity: validity.includes(0) ? validity : null }
}
