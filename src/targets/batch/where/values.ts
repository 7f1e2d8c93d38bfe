import type { Column, Columns } from '../../../core/frame.js'
import { SlipwayError } from '../../../core/errors.js'
import { bfloat16ToNumber, float16ToNumber } from '../../../core/half.js'
import { parseIsoTime } from '../../../core/iso-time.js'
import type { LiteralValue, Operand } from './expression.js'

/** What two operands are compared as: texts when both are, booleans when one is, else numbers. */
export type Mode = 'text' | 'number' | 'boolean'

/** Kind of an operand's values; `none` for null and for values that compare with nothing. */
export type ValueKind = Mode | 'none'

/** The value of a row to compare: null where there is none, or where it cannot be read as the mode wants it. */
export type Reader = (row: number) => string | number | bigint | null

/** The column of a name; SOURCE_SCHEMA where there is none. */
export function columnOf(columns: Columns, name: string): Column {
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined
  if (column === undefined)
    throw new SlipwayError('SOURCE_SCHEMA', `the row filter asks for the column \`${name}\`, which the source does not have`)
  return column
}

export function kindOf(operand: Operand, columns: Columns): ValueKind {
  if (operand.kind === 'literal') return kindOfLiteral(operand.value)
  const { dtype, shape } = columnOf(columns, operand.name)
  if (shape.length > 0 || dtype === 'object') return 'none'
  if (dtype === 'string') return 'text'
  return dtype === 'bool' ? 'boolean' : 'number'
}

export function kindOfLiteral(value: LiteralValue): ValueKind {
  if (value === null) return 'none'
  if (typeof value === 'string') return 'text'
  return typeof value === 'boolean' ? 'boolean' : 'number'
}

/** What values of two kinds are compared as; null when nothing can be said of them. */
export function modeOf(a: ValueKind, b: ValueKind): Mode | null {
  if (a === 'none' || b === 'none') return null
  if (a === 'boolean' || b === 'boolean') return 'boolean'
  return a === 'text' && b === 'text' ? 'text' : 'number'
}

/** Reads an operand as a mode wants it. */
export function readerOf(operand: Operand, columns: Columns, mode: Mode): Reader {
  if (operand.kind === 'literal') {
    const value = convert(operand.value, mode)
    return () => value
  }
  const column = columnOf(columns, operand.name)
  const read = plainReader(column, mode)
  const { validity } = column
  return validity === null ? read : (row) => (validity[row] === 0 ? null : read(row))
}

/** A value as a mode wants it; null when it cannot be that. True is 1 and false 0. */
export function convert(value: LiteralValue, mode: Mode): string | number | bigint | null {
  if (value === null) return null
  if (mode === 'boolean') return booleanOf(value)
  if (typeof value === 'boolean') return null
  if (mode === 'text') return typeof value === 'string' ? value : null
  if (typeof value === 'string') return numberOfText(value)
  return Number.isNaN(value) ? null : value
}

function plainReader({ data, dtype }: Column, mode: Mode): Reader {
  if (dtype === 'string' && mode === 'text') return (row) => (data as string[])[row]!
  if (dtype === 'bool') return (row) => (data as Uint8Array)[row]!
  const half = dtype === 'float16' ? float16ToNumber : dtype === 'bfloat16' ? bfloat16ToNumber : null
  if (half !== null) return (row) => convert(half((data as Uint16Array)[row]!), mode)
  return (row) => convert((data as LiteralValue[])[row]!, mode)
}

function booleanOf(value: string | number | bigint | boolean): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string') return booleanOfText(value)
  const number = Number(value)
  return number === 0 || number === 1 ? number : null
}

function booleanOfText(text: string): number | null {
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === '1') return 1
  return lower === 'false' || lower === '0' ? 0 : null
}

const decimal = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/

/** A decimal number, or epoch milliseconds of an ISO 8601 time. */
function numberOfText(text: string): number | bigint | null {
  if (!decimal.test(text)) return parseIsoTime(text)
  const value = Number(text)
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^\s*[+-]?\d+\s*$/.test(text) ? BigInt(text.replace('+', '')) : value
}
