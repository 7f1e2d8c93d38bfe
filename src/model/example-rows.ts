import { integerRange, isFloat } from '../core/dtype.js'
import type { Field, Fields, IntegerField, NumberField, TensorField, TextField, TimestampField } from '../core/field.js'
import { elementCount } from '../core/tensor.js'
import type { ModelDefinition } from './definition.js'

/** Size that stands in for a free dimension. */
export const freeSize = 8
const steps = 8

/** The examples of a definition, or `count` rows made from its signature. Keys of `gather` are left out: the rows give the features. */
export function examplesOf(definition: ModelDefinition, count = 8, size: number = freeSize): readonly unknown[] {
  if (definition.examples.length > 0) return definition.examples
  const keys = new Set(Object.values(definition.gather).map(({ key }) => key))
  return exampleRows(
    Object.fromEntries(Object.entries(definition.input).filter(([name, field]) => !(keys.has(name) && field.optional))),
    count,
    size,
  )
}

/**
 * Rows that the checks of a signature let pass, the same every time: values spread over ranges, categories in turn, optional fields absent in
 * one row of four. None when a required field is a Standard Schema, whose values cannot be guessed. A pattern is met by luck.
 */
export function exampleRows(fields: Fields, count: number, size: number = freeSize): readonly Readonly<Record<string, unknown>>[] {
  const entries = Object.entries(fields)
  if (entries.some(([, field]) => field.kind === 'schema' && !field.optional)) return []
  return Array.from({ length: count }, (_, row) => {
    const given = entries.filter(([, field]) => field.kind !== 'schema' && !(field.optional && row % 4 === 3))
    // A text of the first row is the first text: what a reader sees is one.
    return Object.fromEntries(
      given.map(([name, field], column) => [name, sample(field, { turn: field.kind === 'text' ? row : row + column, size })]),
    )
  })
}

interface Turn {
  readonly turn: number
  /** Stands in for free dimensions. */
  readonly size: number
}

function sample(field: Field, { turn, size }: Turn): unknown {
  switch (field.kind) {
    case 'number':
      return sampleNumber(field, turn)
    case 'integer':
      return sampleInteger(field, turn)
    case 'category':
      return field.categories[turn % field.categories.length]
    case 'text':
      return sampleText(field, turn)
    case 'boolean':
      return turn % 2 === 0
    case 'tensor':
      return sampleTensor(field, { turn, size })
    case 'timestamp':
      return sampleTime(field, turn)
    case 'schema':
      return undefined
  }
}

/** Eighths of the way from low to high: exact in float32 where the bounds are small. */
function between(low: number, high: number, turn: number): number {
  return low + ((high - low) * ((turn * 3) % (steps + 1))) / steps
}

function bounds(min: number | undefined, max: number | undefined): readonly [number, number] {
  if (min !== undefined && max !== undefined) return [min, max]
  if (min !== undefined) return [min, min + Math.max(1, Math.abs(min))]
  return max === undefined ? [-1, 1] : [max - Math.max(1, Math.abs(max)), max]
}

function sampleNumber({ min, max }: NumberField, turn: number): number {
  const [low, high] = bounds(min, max)
  return between(Math.max(low, -1e30), Math.min(high, 1e30), turn)
}

function sampleInteger({ min, max, dtype }: IntegerField, turn: number): number | bigint {
  const [least, most] = integerRange[dtype]!
  const low = min === undefined ? (max === undefined || BigInt(max) >= 0n ? 0n : BigInt(max) - 9n) : BigInt(min)
  const first = low < least ? least : low
  const last = max === undefined ? (first + 9n < most ? first + 9n : most) : BigInt(max)
  const value = first + ((BigInt(turn) * 7n) % (last - first + 1n))
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

const words = ['a fine day', 'not good', 'the quick brown fox', 'A1', '42', 'a', 'user@example.com', '2024-05-01', 'DE']

function sampleText({ minLength = 0, maxLength = Infinity, pattern }: TextField, turn: number): string {
  const fitting = words.map((word) => word.padEnd(minLength, ' and more').slice(0, maxLength))
  const matching =
    pattern === undefined ? fitting : fitting.filter((word) => new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, '')).test(word))
  return (matching.length > 0 ? matching : fitting)[turn % (matching.length || fitting.length)]!
}

function sampleTensor({ dtype, shape, min, max }: TensorField, { turn, size }: Turn): readonly unknown[] {
  const sizes = shape.map((known) => known ?? size)
  const elements = Array.from({ length: elementCount(sizes) }, (_, index) => {
    const step = turn + index
    if (dtype === 'string') return words[step % words.length]
    if (dtype === 'bool') return step % 2 === 0
    if (isFloat(dtype)) return between(...bounds(min ?? (max === undefined ? 0 : undefined), max), step)
    return sampleInteger({ kind: 'integer', dtype, optional: false, schema: null, ...whole(min, max) }, step)
  })
  // A flat list tells the size of one free dimension, not of several.
  return shape.filter((known) => known === null).length > 1 ? nested(elements, sizes) : elements
}

function nested(elements: readonly unknown[], [, ...inner]: readonly number[]): readonly unknown[] {
  if (inner.length === 0) return elements
  const size = elementCount(inner)
  return Array.from({ length: elements.length / size }, (_, i) => nested(elements.slice(i * size, (i + 1) * size), inner))
}

function whole(min: number | undefined, max: number | undefined): { min?: number; max?: number } {
  return { ...(min === undefined ? {} : { min: Math.ceil(min) }), ...(max === undefined ? {} : { max: Math.floor(max) }) }
}

function sampleTime({ min, max }: TimestampField, turn: number): string {
  const day = 86_400_000
  const low = min === undefined ? (max === undefined ? Date.UTC(2024, 0, 1) : new Date(max).getTime() - 9 * day) : new Date(min).getTime()
  const high = max === undefined ? low + 9 * day : new Date(max).getTime()
  return new Date(Math.round(between(low, high, turn))).toISOString()
}
