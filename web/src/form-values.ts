import type { FieldInfo, ModelInfo } from './api.js'

/** What the form holds: text as typed, true/false, or the elements of a tensor. */
export type FieldValue = string | boolean | readonly number[]
export type Values = Readonly<Record<string, FieldValue>>

/** The form as it opens: the model's own example where it has one. */
export function startValues(model: ModelInfo): Values {
  return Object.fromEntries(Object.entries(model.input).map(([name, field]) => [name, startValue(field, model.example?.[name])]))
}

/** The row that the form stands for; empty fields are left out. */
export function parseRow(fields: Readonly<Record<string, FieldInfo>>, values: Values): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, field]) => [name, parseValue(field, values[name] ?? '')] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** True for a tensor that is drawn rather than typed: one grey picture of fixed size. */
export function isPicture(field: FieldInfo): boolean {
  const sides = (field.shape ?? []).filter((size) => size !== 1)
  return field.kind === 'tensor' && sides.length === 2 && sides.every((size) => size !== null && size >= 8 && size <= 128)
}

function startValue(field: FieldInfo, example: unknown): FieldValue {
  if (field.kind === 'boolean') return example === true
  if (isPicture(field)) return example === undefined || example === null ? [] : flatten(example)
  if (example === undefined || example === null) return field.kind === 'category' && !field.optional ? (field.categories?.[0] ?? '') : ''
  if (typeof example === 'object') return JSON.stringify(example)
  return `${example as string | number | boolean}`
}

function flatten(value: unknown): number[] {
  return Array.isArray(value) ? value.flatMap((item) => flatten(item)) : [Number(value)]
}

function parseValue(field: FieldInfo, value: FieldValue): unknown {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return value.length === 0 ? undefined : value
  if (value === '' && field.kind !== 'text') return undefined
  switch (field.kind) {
    case 'number':
    case 'integer':
      return Number.isNaN(Number(value)) ? value : Number(value)
    case 'tensor':
    case 'schema':
      return jsonOr(value)
    default:
      return value
  }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
