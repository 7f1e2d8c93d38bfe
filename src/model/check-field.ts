import { allocate, integerRange } from '../core/dtype.js'
import type { DType } from '../core/dtype.js'
import { runSchema } from '../core/field-schema.js'
import { isStandardSchema } from '../core/fields.js'
import type { CategoryField, Field, IntegerField, SchemaField, TensorField, TextField, TimestampField } from '../core/field.js'
import { showValue } from '../guardrails/show-value.js'
import { refuseDefinition } from './definition-error.js'

/** The field that an entry of `input` or `output` stands for, checked; `place` names it in messages. */
export function toField(place: string, like: unknown): Field {
  if (isStandardSchema(like)) return schemaField(place, like)
  if (typeof like !== 'object' || like === null || !('kind' in like) || !isKind(like.kind)) {
    refuseDefinition(place, `expected a field such as number(), or a Standard Schema, received ${showValue(like)}`)
  }
  const field = like as Field
  checkOptions(place, field)
  checkKind(place, field)
  return field
}

const kinds = ['number', 'integer', 'category', 'text', 'boolean', 'tensor', 'timestamp', 'schema']
const actions = ['reject', 'fallback', 'warn']

function isKind(kind: unknown): kind is Field['kind'] {
  return kinds.includes(kind as string)
}

function schemaField(place: string, schema: SchemaField['schema']): SchemaField {
  return { kind: 'schema', dtype: 'object', optional: acceptsAbsence(place, schema), schema }
}

/** Whether a schema lets a value be absent; refuses schemas that answer later, since rows are checked at once. */
function acceptsAbsence(place: string, schema: SchemaField['schema']): boolean {
  try {
    return runSchema(schema, undefined, place).issue === null
  } catch {
    refuseDefinition(place, 'the schema is asynchronous; rows are checked at once')
  }
}

function checkOptions(place: string, field: Field): void {
  if (typeof field.optional !== 'boolean') refuseDefinition(place, `optional is true or false, received ${showValue(field.optional)}`)
  if (field.onFail !== undefined) checkAction(`${place}: onFail`, field.onFail)
  if (field.kind !== 'schema' && field.schema !== null) acceptsAbsence(place, field.schema)
}

/** Refuses anything but `reject`, `fallback` and `warn`. */
export function checkAction(place: string, action: unknown): void {
  if (!actions.includes(action as string)) refuseDefinition(place, `expected 'reject', 'fallback' or 'warn', received ${showValue(action)}`)
}

function checkKind(place: string, field: Field): void {
  switch (field.kind) {
    case 'number':
      return checkBounds(place, field.min, field.max)
    case 'integer':
      return checkInteger(place, field)
    case 'category':
      return checkCategory(place, field)
    case 'text':
      return checkText(place, field)
    case 'tensor':
      return checkTensor(place, field)
    case 'timestamp':
      return checkTimestamp(place, field)
    case 'boolean':
    case 'schema':
      return
  }
}

function checkBounds(place: string, min: unknown, max: unknown): void {
  for (const [name, bound] of [
    ['min', min],
    ['max', max],
  ] as const) {
    if (bound === undefined || typeof bound === 'bigint' || (typeof bound === 'number' && !Number.isNaN(bound))) continue
    refuseDefinition(place, `${name} is a number, received ${showValue(bound)}`)
  }
  checkOrder(place, 'min', min as number | undefined, 'max', max as number | undefined)
}

function checkOrder(place: string, low: string, min: number | undefined, high: string, max: number | undefined): void {
  if (min !== undefined && max !== undefined && min > max) refuseDefinition(place, `${low} ${min} is greater than ${high} ${max}`)
}

function checkInteger(place: string, field: IntegerField): void {
  const range = Object.hasOwn(integerRange, field.dtype) ? integerRange[field.dtype] : undefined
  if (range === undefined)
    refuseDefinition(place, `dtype is one of ${Object.keys(integerRange).join(', ')}, received ${showValue(field.dtype)}`)
  checkBounds(place, field.min, field.max)
  for (const name of ['min', 'max'] as const) {
    const bound = field[name]
    if (bound === undefined) continue
    if (typeof bound === 'number' && !Number.isInteger(bound)) refuseDefinition(place, `${name} is a whole number, received ${bound}`)
    if (bound < range[0] || bound > range[1]) {
      refuseDefinition(place, `${name} ${bound} is outside ${field.dtype} (${range[0]} to ${range[1]})`)
    }
  }
}

function checkCategory(place: string, field: CategoryField): void {
  const { categories } = field
  if (!Array.isArray(categories) || categories.length === 0) refuseDefinition(place, 'categories is empty; list the texts that may occur')
  const seen = new Set<string>()
  for (const name of categories) {
    if (typeof name !== 'string') refuseDefinition(place, `a category is a text, received ${showValue(name)}`)
    if (seen.has(name)) refuseDefinition(place, `category '${name}' is listed twice`)
    seen.add(name)
  }
}

function checkText(place: string, field: TextField): void {
  for (const name of ['minLength', 'maxLength'] as const) {
    const length = field[name]
    if (length !== undefined && !(Number.isInteger(length) && length >= 0)) {
      refuseDefinition(place, `${name} is a whole number of at least 0, received ${String(length)}`)
    }
  }
  checkOrder(place, 'minLength', field.minLength, 'maxLength', field.maxLength)
  if (field.pattern !== undefined && !isPattern(field.pattern)) {
    refuseDefinition(place, `pattern is a RegExp, received ${showValue(field.pattern)}`)
  }
}

/** By its looks, not its class: a bundled definition may come from another realm. */
function isPattern(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object RegExp]'
}

function checkTensor(place: string, field: TensorField): void {
  const { shape, labels } = field
  if (!isDType(field.dtype))
    refuseDefinition(place, `dtype is the name of an element type such as 'float32', received ${showValue(field.dtype)}`)
  if (!Array.isArray(shape)) refuseDefinition(place, 'shape is a list of sizes, for example [28, 28]')
  for (const size of shape as unknown[]) {
    if (size === null || (Number.isInteger(size) && (size as number) > 0)) continue
    refuseDefinition(place, `a size in shape is a whole number of at least 1, or null where it is free; received ${showValue(size)}`)
  }
  checkBounds(place, field.min, field.max)
  if (field.dtype === 'string' && (field.min !== undefined || field.max !== undefined)) refuseDefinition(place, 'texts have no min and max')
  if (field.sum !== undefined && !Number.isFinite(field.sum)) refuseDefinition(place, `sum is a number, received ${showValue(field.sum)}`)
  const last = shape.at(-1)
  if (labels !== undefined && last !== null && labels.length !== (last ?? 1)) {
    refuseDefinition(place, `${labels.length} labels for a last axis of ${last ?? 1}`)
  }
}

function isDType(dtype: unknown): dtype is DType {
  try {
    allocate(dtype as DType, 0)
    return true
  } catch {
    return false
  }
}

function checkTimestamp(place: string, field: TimestampField): void {
  const [min, max] = [field.min, field.max].map((bound) => (bound === undefined ? undefined : new Date(bound).getTime()))
  if (Number.isNaN(min)) refuseDefinition(place, `min is not a point in time: ${showValue(field.min)}`)
  if (Number.isNaN(max)) refuseDefinition(place, `max is not a point in time: ${showValue(field.max)}`)
  if (min !== undefined && max !== undefined && min > max)
    refuseDefinition(place, `min ${showValue(field.min)} is after max ${showValue(field.max)}`)
}
