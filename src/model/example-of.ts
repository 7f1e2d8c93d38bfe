import type { Field, Fields } from '../core/field.js'
import { plainAt, rowsToFrame } from '../core/frame-rows.js'
import { elementCount } from '../core/tensor.js'
import { createRowCheck } from './check-examples.js'
import type { ModelDefinition } from './definition.js'
import { examplesOf, freeSize } from './example-rows.js'

/** An example with more elements in a tensor would be longer than anybody reads. */
const elementLimit = 4096

/**
 * A row to start from, for forms and documents: the first example of a definition, or a made-up row that passes its checks. As JSON has it:
 * nested arrays for tensors, ISO 8601 for times; integers beyond 2^53 are bigints. Null when it would be too large, or cannot be made up.
 */
export function exampleOf(definition: ModelDefinition): Readonly<Record<string, unknown>> | null {
  const { input, examples } = definition
  const row = examples[0] ?? madeUp(definition)
  if (row === undefined) return null
  const entries = Object.entries(row).map(([name, value]) => [name, plainValue(input[name]!, value)] as const)
  return entries.some(([, value]) => value === tooLarge) ? null : Object.fromEntries(entries)
}

function madeUp(definition: ModelDefinition): object | undefined {
  if (hasLargeTensor(definition.input)) return undefined
  const check = createRowCheck(definition)
  return (examplesOf(definition) as readonly object[]).find((row) => check(row).every((issue) => issue.action === 'warn'))
}

function hasLargeTensor(fields: Fields): boolean {
  return Object.values(fields).some(
    (field) => field.kind === 'tensor' && elementCount(field.shape.map((size) => size ?? freeSize)) > elementLimit,
  )
}

const tooLarge = Symbol('too large')

function plainValue(field: Field, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (value === null || field.kind !== 'tensor' || field.schema !== null) return value
  const column = rowsToFrame({ value: field }, [{ value }]).frame.columns['value']!
  return elementCount(column.shape) > elementLimit ? tooLarge : plainAt(column, 0)
}
