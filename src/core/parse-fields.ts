import type { StandardSchemaV1 } from '@standard-schema/spec'
import { integerRange, isDType } from './dtype.js'
import { SlipwayError } from './errors.js'
import type { Field, Fields, Signature } from './field.js'

/** The signature that `describeSignature` described; see `parseFields`. */
export function parseSignature(json: unknown): Signature {
  const { input, output } = record(json, 'the signature')
  return { input: parseFields(input), output: parseFields(output) }
}

/**
 * The fields that `describeFields` described. A Standard Schema is code and was left behind: one that takes any value stands in its place, so
 * these fields tell types, shapes and limits, and only the definition itself can check values. Throws DEFINITION_INVALID for anything else.
 */
export function parseFields(json: unknown): Fields {
  if (!Array.isArray(json)) refuse('the fields', 'a list')
  const fields = Object.create(null) as Record<string, Field>
  for (const [i, item] of (json as unknown[]).entries()) {
    const { name, ...options } = record(item, `field ${i}`)
    if (typeof name !== 'string') refuse(`field ${i}`, 'a name')
    if (name in fields) refuse(`field \`${name}\``, 'one description, not two')
    fields[name] = parseField(options, `field \`${name}\``)
  }
  return fields
}

type Options = Readonly<Record<string, unknown>>

function parseField(json: Options, place: string): Field {
  const { kind, dtype, schema, pattern, optional, min, max, ...rest } = json
  if (!isKnown(kind, dtype)) refuse(place, 'a kind and its dtype')
  checkRest(rest, place)
  const bounds =
    kind === 'integer'
      ? { min: integerBound(min, place), max: integerBound(max, place) }
      : { min: bound(min, place), max: bound(max, place) }
  if (kind === 'tensor' && !isShape(rest['shape'])) refuse(place, 'a shape of whole numbers and null')
  if (kind === 'category' && rest['categories'] === undefined) refuse(place, 'its categories')
  const field = {
    kind,
    dtype,
    optional: optional === true,
    schema: schema === undefined ? null : standIn(schema, place),
    ...withoutUndefined({ ...bounds, pattern: pattern === undefined ? undefined : regExp(pattern, place) }),
    ...rest,
  }
  if (kind === 'schema' && field.schema === null) refuse(place, 'the library of its schema')
  return field as unknown as Field
}

const dtypeOfKind: Readonly<Record<string, (dtype: string) => boolean>> = {
  number: (dtype) => dtype === 'float64',
  integer: (dtype) => Object.hasOwn(integerRange, dtype),
  category: (dtype) => dtype === 'string',
  text: (dtype) => dtype === 'string',
  boolean: (dtype) => dtype === 'bool',
  tensor: isDType,
  timestamp: (dtype) => dtype === 'float64',
  schema: (dtype) => dtype === 'object',
}

function isKnown(kind: unknown, dtype: unknown): boolean {
  return typeof kind === 'string' && typeof dtype === 'string' && Object.hasOwn(dtypeOfKind, kind) && dtypeOfKind[kind]!(dtype)
}

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
const isText = (value: unknown): boolean => typeof value === 'string'
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)

/** What each of the remaining keys must be. */
const checks: Readonly<Record<string, (value: unknown) => boolean>> = {
  shape: isShape,
  allowNonFinite: (value) => value === true,
  sum: isNumber,
  labels: areTexts,
  categories: areTexts,
  minLength: isNumber,
  maxLength: isNumber,
  onFail: (value) => value === 'reject' || value === 'fallback' || value === 'warn',
  unit: isText,
  description: isText,
  tags: areTexts,
}

function checkRest(rest: Options, place: string): void {
  for (const [key, value] of Object.entries(rest)) {
    if (!Object.hasOwn(checks, key) || !checks[key]!(value)) refuse(`${place}: \`${key}\``, 'what describeFields writes')
  }
}

function isShape(value: unknown): boolean {
  return Array.isArray(value) && value.every((size) => size === null || (Number.isSafeInteger(size) && (size as number) >= 0))
}

function bound(value: unknown, place: string): number | undefined {
  if (value === undefined || isNumber(value)) return value as number | undefined
  return refuse(place, 'bounds that are numbers')
}

function integerBound(value: unknown, place: string): number | bigint | undefined {
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : bound(value, place)
}

function regExp(value: unknown, place: string): RegExp {
  const { source, flags } = record(value, `${place}: the pattern`)
  try {
    return new RegExp(String(source), String(flags))
  } catch (cause) {
    throw new SlipwayError('DEFINITION_INVALID', `${place}: the pattern is not a regular expression`, { cause })
  }
}

function standIn(vendor: unknown, place: string): StandardSchemaV1 {
  if (typeof vendor !== 'string') refuse(place, 'the library of its schema')
  return { '~standard': { version: 1, vendor, validate: (value) => ({ value }) } }
}

function record(value: unknown, place: string): Options {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Options
  return refuse(place, 'an object')
}

function withoutUndefined(object: Options): Options {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

function refuse(place: string, expected: string): never {
  throw new SlipwayError('DEFINITION_INVALID', `${place} of the stored signature: expected ${expected}`)
}
