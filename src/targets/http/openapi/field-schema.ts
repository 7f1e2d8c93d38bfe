import type { Field, Fields, TensorField } from '../../../core/field.js'

type JsonSchema = Readonly<Record<string, unknown>>

/** The JSON Schema (draft 2020-12, as OpenAPI 3.1 has it) of a row of these fields; those that are `gatherable` may be left out. */
export function rowSchema(fields: Fields, gatherable: ReadonlySet<string> = new Set()): JsonSchema {
  const entries = Object.entries(fields)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, field]) => [name, fieldSchema(field)])),
    required: entries.filter(([name, field]) => !field.optional && !gatherable.has(name)).map(([name]) => name),
  }
}

/** The JSON Schema of one field's values. */
export function fieldSchema(field: Field): JsonSchema {
  const schema = { ...valueSchema(field), ...described(field) }
  return field.optional && field.kind !== 'schema' ? { anyOf: [schema, { type: 'null' }] } : schema
}

function described({ description, unit }: Field): JsonSchema {
  const text = [description, unit === undefined ? undefined : `(${unit})`].filter((part) => part !== undefined).join(' ')
  return text === '' ? {} : { description: text }
}

function valueSchema(field: Field): JsonSchema {
  switch (field.kind) {
    case 'number':
      return bounded('number', field)
    case 'integer':
      return { ...bounded('integer', { min: numberOf(field.min), max: numberOf(field.max) }), format: field.dtype }
    case 'category':
      return { type: 'string', enum: field.categories }
    case 'text':
      return defined({ type: 'string', minLength: field.minLength, maxLength: field.maxLength, pattern: field.pattern?.source })
    case 'boolean':
      return { type: 'boolean' }
    case 'timestamp':
      return {
        anyOf: [
          { type: 'string', format: 'date-time' },
          { type: 'number', description: 'milliseconds since 1970' },
        ],
      }
    case 'tensor':
      return tensorSchema(field)
    case 'schema':
      return {}
  }
}

function tensorSchema(field: TensorField): JsonSchema {
  return field.shape.reduceRight<JsonSchema>(
    (items, size) => ({ type: 'array', items, ...(size === null ? {} : { minItems: size, maxItems: size }) }),
    elementSchema(field),
  )
}

function elementSchema({ dtype, min, max }: TensorField): JsonSchema {
  if (dtype === 'string') return { type: 'string' }
  if (dtype === 'bool') return { type: 'boolean' }
  return bounded(dtype.includes('int') ? 'integer' : 'number', { min, max })
}

function bounded(type: string, { min, max }: { readonly min?: number | undefined; readonly max?: number | undefined }): JsonSchema {
  return defined({ type, minimum: min, maximum: max })
}

function numberOf(value: number | bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}

function defined(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined))
}
