import type { Column, Frame } from './frame.js'
import type { Fields } from './field.js'
import { createFrameBuilder } from './frame-builder.js'
import { viewElements } from './element-buffer.js'
import { bfloat16ToNumber, float16ToNumber } from './half.js'
import type { InputFrame } from './prediction.js'
import { elementCount } from './tensor.js'

/**
 * Row `row` as a plain object: null where a value is absent, true and false for bool, a number for int64 and uint64 where it is exact and
 * else a bigint, epoch milliseconds for times, a copy of the elements for tensors (raw bits for float16 and bfloat16).
 * `fields` says which columns, in which order; all when left out.
 */
export function rowOf(frame: Frame, row: number, fields?: Fields): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const name of Object.keys(fields ?? frame.columns)) {
    const column = frame.columns[name]
    if (column !== undefined) define(object, name, valueAt(column, row, fields?.[name]))
  }
  return object
}

/** Every row of a frame; see `rowOf`. */
export function frameToRows(frame: Frame, fields?: Fields): Record<string, unknown>[] {
  return Array.from({ length: frame.length }, (_, row) => rowOf(frame, row, fields))
}

/** Rows as a frame of their own storage; what is wrong with them is among the issues, each with the action `reject` or that of its field. */
export function rowsToFrame(fields: Fields, rows: Iterable<unknown>): InputFrame {
  const builder = createFrameBuilder(fields, { unknownFields: 'reject', defaultAction: 'reject' })
  for (const row of rows) builder.appendRow(row)
  return builder.build()
}

/** The value of one row of a column, as `rowOf` gives it; `field` tells arrays from arrays of arrays where the elements alone would not. */
export function valueAt(column: Column, row: number, field?: Fields[string]): unknown {
  if (column.validity?.[row] === 0) return null
  if (column.shape.length > 0 || field?.kind === 'tensor') return tensorAt(column, row, field)
  const value = column.data[row]
  if (column.dtype === 'bool') return value === 1
  return typeof value === 'bigint' ? narrowed(value) : value
}

/** The value of one row as JSON and Standard Schemas are to see it: arrays of arrays of plain numbers for a tensor; else as `valueAt`. */
export function plainAt(column: Column, row: number): unknown {
  const value = valueAt(column, row)
  if (value === null || column.shape.length === 0) return value
  return nest(
    Array.from(value as ArrayLike<unknown>, (element) => plainElement(element, column.dtype)),
    column.shape,
  )
}

function plainElement(element: unknown, dtype: Column['dtype']): unknown {
  if (dtype === 'float16') return float16ToNumber(element as number)
  if (dtype === 'bfloat16') return bfloat16ToNumber(element as number)
  return dtype === 'bool' ? element === 1 : element
}

/** A number where it holds the bigint exactly. */
function narrowed(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function tensorAt(column: Column, row: number, field: Fields[string] | undefined): unknown {
  const size = elementCount(column.shape)
  const elements = viewElements(column.data, row * size, (row + 1) * size).slice() as ArrayLike<unknown>
  const free = field?.kind === 'tensor' ? field.shape.filter((dimension) => dimension === null).length : 0
  return free > 1 ? nest(elements, column.shape) : elements
}

/** Row-major elements as arrays of arrays, the innermost of the kind that `elements` is. */
export function nest(elements: ArrayLike<unknown>, shape: readonly number[]): unknown {
  if (shape.length <= 1) return elements
  const [length, ...inner] = shape as [number, ...number[]]
  const size = elementCount(inner)
  return Array.from({ length }, (_, i) => nest(viewElements(elements, i * size, (i + 1) * size), inner))
}

/** Sets a property, `__proto__` too. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  else object[name] = value
}
