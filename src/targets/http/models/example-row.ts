import { isBigInt } from '../../../core/dtype.js'
import type { Field, Fields, TensorField } from '../../../core/field.js'
import { elementCount } from '../../../core/tensor.js'

/** An example with more elements would be longer than anybody reads. */
const elementLimit = 4096

/** A row made from the signature, for forms and documents to start from; null when a tensor of it is too large or a schema unknowable. */
export function exampleRow(fields: Fields): Readonly<Record<string, unknown>> | null {
  const entries = Object.entries(fields).map(([name, field]): [string, unknown] => [name, exampleValue(field)])
  return entries.some(([, value]) => value === undefined) ? null : Object.fromEntries(entries)
}

function exampleValue(field: Field): unknown {
  switch (field.kind) {
    case 'number':
      return middle(field.min, field.max)
    case 'integer':
      return Math.round(middle(numberOf(field.min), numberOf(field.max)))
    case 'category':
      return field.categories[0]
    case 'text':
      return 'text'.padEnd(field.minLength ?? 0, '.').slice(0, field.maxLength ?? undefined)
    case 'boolean':
      return false
    case 'timestamp':
      return new Date(field.min ?? field.max ?? Date.UTC(2026, 0, 1)).toISOString()
    case 'tensor':
      return exampleTensor(field)
    case 'schema':
      return field.optional ? null : undefined
  }
}

function exampleTensor(field: TensorField): unknown {
  const shape = field.shape.map((size) => size ?? 1)
  if (elementCount(shape) > elementLimit) return undefined
  return nested(shape, exampleElement(field))
}

function exampleElement({ dtype, min, max }: TensorField): unknown {
  if (dtype === 'string') return 'text'
  if (dtype === 'bool') return false
  const value = middle(min, max)
  return isBigInt(dtype) || /int/.test(dtype) ? Math.round(value) : value
}

function nested(shape: readonly number[], element: unknown): unknown {
  const [size, ...rest] = shape
  return size === undefined ? element : Array.from({ length: size }, () => nested(rest, element))
}

function middle(min: number | undefined, max: number | undefined): number {
  if (min !== undefined && max !== undefined) return min + (max - min) / 2
  return Math.min(Math.max(0, min ?? 0), max ?? Infinity)
}

function numberOf(value: number | bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}
