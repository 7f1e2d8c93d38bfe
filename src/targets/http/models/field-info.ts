import type { Field, Fields } from '../../../core/field.js'

/** A field as `GET /models` describes it; bounds beyond the range of a double are texts. */
function fieldInfo(field: Field): object {
  const { kind, dtype, optional, description, unit, tags } = field
  return { kind, dtype, optional, ...boundsOf(field), ...detailsOf(field), ...present({ description, unit, tags }) }
}

/** Every field of one side of a signature, in order. */
export function fieldsInfo(fields: Fields): object {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldInfo(field)]))
}

function boundsOf(field: Field): object {
  if (!('min' in field || 'max' in field)) return {}
  return present({ min: boundOf(field.min), max: boundOf(field.max) })
}

function boundOf(value: number | bigint | string | Date | undefined): number | string | undefined {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return value instanceof Date ? value.toISOString() : value
}

function detailsOf(field: Field): object {
  switch (field.kind) {
    case 'category':
      return { categories: field.categories }
    case 'text':
      return present({ minLength: field.minLength, maxLength: field.maxLength, pattern: field.pattern?.source })
    case 'tensor':
      return { shape: field.shape, ...present({ labels: field.labels, sum: field.sum, allowNonFinite: field.allowNonFinite }) }
    case 'number':
      return present({ allowNonFinite: field.allowNonFinite })
    case 'integer':
    case 'boolean':
    case 'timestamp':
    case 'schema':
      return {}
  }
}

function present(values: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
