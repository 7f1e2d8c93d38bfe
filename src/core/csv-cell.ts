import { SlipwayError } from './errors.js'
import type { Field } from './field.js'
import { createJsonReader } from './json-reader.js'

const numeric = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const words: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Infinity,
  infinity: Infinity,
  '-inf': -Infinity,
  '-infinity': -Infinity,
}
const encoder = new TextEncoder()

/**
 * The value of a cell of CSV for a field; null where the cell is empty, except that it is an empty text for a text. Blanks around a cell
 * belong to texts and categories only. What is no value of the field's kind stays a text: the frame builder then says what it expected.
 */
export function cellValue(cell: string, field: Field | null): unknown {
  if (field?.kind === 'text') return cell
  const trimmed = cell.trim()
  if (trimmed === '') return null
  switch (field?.kind) {
    case 'number':
      return numberOf(cell)
    case 'integer':
      return wholeNumber(cell)
    case 'boolean':
      return booleanOf(cell)
    case 'timestamp':
      return numeric.test(trimmed) ? Number(trimmed) : trimmed
    case 'tensor':
      return trimmed.startsWith('[') ? jsonOf(cell) : cell
    case 'category':
    case 'schema':
    case undefined:
      return cell
  }
}

/** The value of a cell that is one element of a tensor; NaN where a cell of a floating-point tensor is empty. */
export function elementOf(cell: string, field: Field): unknown {
  if (field.dtype === 'string') return cell
  if (field.dtype === 'int64' || field.dtype === 'uint64') return wholeNumber(cell)
  if (field.dtype === 'bool') return booleanOf(cell)
  return cell.trim() === '' ? Number.NaN : numberOf(cell)
}

/** The number that a cell holds, NaN and infinities by their names in any case; the cell itself when it holds none. */
export function numberOf(cell: string): number | string {
  const text = cell.trim()
  return numeric.test(text) ? Number(text) : (words[text.toLowerCase()] ?? cell)
}

/** The whole number that a cell holds, exactly; other numbers as `numberOf`. */
export function wholeNumber(cell: string): bigint | number | string {
  const text = cell.trim()
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : numberOf(cell)
}

/** true, false, 1 and 0 in any case; the cell itself when it is none of them. */
export function booleanOf(cell: string): boolean | string {
  const text = cell.trim().toLowerCase()
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : cell
}

/** A tensor in one cell, as JSON. */
function jsonOf(cell: string): unknown {
  const reader = createJsonReader(encoder.encode(cell))
  try {
    const value = reader.value({ nonFinite: true })
    reader.end()
    return value
  } catch (thrown) {
    if (thrown instanceof SlipwayError) return cell
    throw thrown
  }
}
