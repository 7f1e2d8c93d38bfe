import type { Fields, TensorField } from './field.js'
import type { NestedElements } from './json-elements.js'
import { elementCount } from './tensor.js'

/**
 * The shape of one row that elements stand for, or null when they do not fit. They are nested as the shape says, or flat; flat elements tell
 * one free dimension by their count.
 */
export function fitShape(spec: readonly (number | null)[], found: Omit<NestedElements, 'issue'>): readonly number[] | null {
  if (found.ragged) return null
  if (found.shape.length === spec.length) return spec.every((size, i) => size === null || size === found.shape[i]) ? found.shape : null
  return found.shape.length <= 1 ? unflatten(spec, found.count) : null
}

function unflatten(spec: readonly (number | null)[], count: number): readonly number[] | null {
  const free = spec.filter((size) => size === null).length
  if (free > 1) return null
  const known = elementCount(spec.map((size) => size ?? 1))
  if (free === 0) return known === count ? (spec as readonly number[]) : null
  return known > 0 && count % known === 0 ? spec.map((size) => size ?? count / known) : null
}

/** The shape that stands in where no row has told the free dimensions. */
export function closedShape(spec: readonly (number | null)[]): readonly number[] {
  return spec.map((size) => size ?? 1)
}

/** True when a tensor of these fields has a dimension that may differ from request to request. */
export function hasFreeDimensions(fields: Fields): boolean {
  return Object.values(fields).some((field) => field.kind === 'tensor' && isFree(field))
}

function isFree(field: TensorField): boolean {
  return field.shape.includes(null)
}
