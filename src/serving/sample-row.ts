import type { Field, Fields } from '../core/field.js'

/** A row that fits the fields as far as they say what fits: for a run that warms up or tests a model of which no examples are known. */
export function sampleRow(fields: Fields): Readonly<Record<string, unknown>> {
  const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [name, field] of Object.entries(fields)) {
    const value = sampleValue(field)
    if (value !== undefined) row[name] = value
  }
  return row
}

function sampleValue(field: Field): unknown {
  switch (field.kind) {
    case 'number':
      return nearestToZero(field)
    case 'integer':
      return nearestToZero(field)
    case 'timestamp':
      return nearestToZero({ min: epochMs(field.min), max: epochMs(field.max) })
    case 'category':
      return field.categories[0]
    case 'text':
      return 'a'.repeat(field.minLength ?? 0)
    case 'boolean':
      return false
    case 'tensor':
      return nested(field.shape, field.dtype === 'string' ? '' : field.dtype === 'bool' ? false : nearestToZero(field))
    case 'schema':
      return undefined
  }
}

function nearestToZero({
  min,
  max,
}: {
  readonly min?: number | bigint | undefined
  readonly max?: number | bigint | undefined
}): number | bigint {
  if (min !== undefined && min > 0) return min
  return max !== undefined && max < 0 ? max : 0
}

function epochMs(value: number | string | Date | undefined): number | undefined {
  return value === undefined ? undefined : new Date(value).getTime()
}

function nested(shape: readonly (number | null)[], value: unknown): unknown {
  const [size, ...rest] = shape
  if (size === undefined) return value
  return Array.from({ length: size ?? 1 }, () => nested(rest, value))
}
