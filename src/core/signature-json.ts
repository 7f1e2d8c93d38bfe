import type { DType } from './dtype.js'
import type { Field, Fields, Signature, TimestampField } from './field.js'
import type { GuardAction } from './issue.js'

/** A whole number: as text where a double would lose digits. */
type IntegerJson = number | string

/** A field as plain data. Keys stand in a fixed order, and what does not hold is left out. */
interface FieldJson {
  readonly kind: Field['kind']
  readonly dtype: DType | 'object'
  /** Shape of one row, null for a free dimension; tensors only. */
  readonly shape?: readonly (number | null)[]
  readonly optional?: true
  readonly min?: IntegerJson
  readonly max?: IntegerJson
  readonly allowNonFinite?: true
  readonly sum?: number
  readonly labels?: readonly string[]
  readonly categories?: readonly string[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: { readonly source: string; readonly flags: string }
  /** The library of the Standard Schema, which itself is code and stays behind. */
  readonly schema?: string
  readonly onFail?: GuardAction
  readonly unit?: string
  readonly description?: string
  readonly tags?: readonly string[]
}

/** Fields in the order of the definition. A list, since the keys of a JSON object have no order that everybody keeps. */
export type FieldsJson = readonly (FieldJson & { readonly name: string })[]

export interface SignatureJson {
  readonly input: FieldsJson
  readonly output: FieldsJson
}

/** A signature as plain data, always the same for the same signature: fit to be hashed, stored and sent to another process. */
export function describeSignature(signature: Signature): SignatureJson {
  return { input: describeFields(signature.input), output: describeFields(signature.output) }
}

/** Fields as plain data; see `describeSignature`. */
export function describeFields(fields: Fields): FieldsJson {
  return Object.entries(fields).map(([name, field]) => ({ name, ...fieldJson(field) }))
}

function fieldJson(field: Field): FieldJson {
  const { onFail, unit, description, tags } = field
  return compact({
    kind: field.kind,
    dtype: field.dtype,
    ...(field.kind === 'tensor' ? { shape: field.shape } : {}),
    optional: field.optional ? true : undefined,
    ...boundsOf(field),
    ...limitsOf(field),
    schema: field.schema?.['~standard'].vendor,
    onFail,
    unit,
    description,
    tags,
  })
}

function boundsOf(field: Field): Partial<Record<'min' | 'max', IntegerJson | undefined>> {
  switch (field.kind) {
    case 'number':
    case 'tensor':
      return { min: finite(field.min), max: finite(field.max) }
    case 'integer':
      return { min: integerJson(field.min), max: integerJson(field.max) }
    case 'timestamp':
      return { min: epochMs(field.min), max: epochMs(field.max) }
    default:
      return {}
  }
}

function limitsOf(field: Field): object {
  switch (field.kind) {
    case 'number':
      return { allowNonFinite: field.allowNonFinite === true ? true : undefined }
    case 'tensor':
      return { allowNonFinite: field.allowNonFinite === true ? true : undefined, sum: field.sum, labels: field.labels }
    case 'category':
      return { categories: field.categories }
    case 'text':
      return { minLength: field.minLength, maxLength: field.maxLength, pattern: patternJson(field.pattern) }
    default:
      return {}
  }
}

/** An infinite bound is none. */
function finite(bound: number | undefined): number | undefined {
  return bound !== undefined && Number.isFinite(bound) ? bound : undefined
}

function integerJson(bound: number | bigint | undefined): IntegerJson | undefined {
  if (typeof bound !== 'bigint') return finite(bound)
  return Number.isSafeInteger(Number(bound)) ? Number(bound) : bound.toString()
}

/** Epoch milliseconds of a bound; undefined for none. */
function epochMs(bound: TimestampField['min']): number | undefined {
  return bound === undefined ? undefined : new Date(bound).getTime()
}

function patternJson(pattern: RegExp | undefined): FieldJson['pattern'] {
  return pattern === undefined ? undefined : { source: pattern.source, flags: pattern.flags }
}

function compact(object: object): FieldJson {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as unknown as FieldJson
}
