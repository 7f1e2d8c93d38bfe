import type { Field, Fields } from '../core/field.js'
import type { Column, Frame } from '../core/frame.js'
import { elementCount } from '../core/tensor.js'
import { viewElements } from '../core/element-buffer.js'

/** Reads a row of a frame as a plain object, absent fields as null. */
export type RowReader = (frame: Frame, row: number) => Record<string, unknown>

/**
 * How rows of a signature are read, decided once. Integers are numbers where a number holds them exactly, else bigints; tensors are flat views of
 * their elements; timestamps are epoch milliseconds. `__proto__` is a field like any other.
 */
export function compileRowReader(fields: Fields): RowReader {
  const readers = Object.entries(fields).map(([name, field]) => ({ name, read: valueReader(field) }))
  const plain = !Object.hasOwn(fields, '__proto__')
  return (frame, row) => {
    const object: Record<string, unknown> = {}
    for (const { name, read } of readers) {
      const value = read(frame.columns[name]!, row)
      if (plain) object[name] = value
      else Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
    }
    return object
  }
}

/** Reads one value of a column; null where the row has none. */
export type ValueReader = (column: Column, row: number) => unknown

/** How values of a field are read. */
export function valueReader(field: Field): ValueReader {
  const read = presentReader(field)
  return (column, row) => (column.validity?.[row] === 0 ? null : read(column, row))
}

function presentReader(field: Field): ValueReader {
  switch (field.kind) {
    case 'boolean':
      return (column, row) => column.data[row] === 1
    case 'integer':
      return (column, row) => {
        const value = column.data[row] as number | bigint
        return typeof value === 'bigint' && value >= lowest && value <= highest ? Number(value) : value
      }
    case 'tensor':
      return (column, row) => {
        const size = elementCount(column.shape)
        return viewElements(column.data, row * size, (row + 1) * size)
      }
    default:
      return (column, row) => column.data[row]
  }
}

const lowest = BigInt(Number.MIN_SAFE_INTEGER)
const highest = BigInt(Number.MAX_SAFE_INTEGER)
