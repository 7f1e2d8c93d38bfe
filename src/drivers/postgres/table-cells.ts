import type { DType } from '../../core/dtype.js'
import type { Column } from '../../core/frame.js'
import { bfloat16ToNumber, float16ToNumber } from '../../core/half.js'
import { parseIsoTime } from '../../core/iso-time.js'
import { nestedText, valueText } from '../../core/json-writer.js'
import type { OutputColumn, RepeatedTexts } from '../../core/table.js'
import { copyCell, copyNull } from './copy-text.js'

/** A value that the column's type cannot hold: its row is refused. */
export class CellFault extends Error {}

/** Writes the value of a row as a cell of COPY. Throws CellFault. */
export type CellWriter = (row: number) => string

/** The type of a column in Postgres. */
export function columnType({ type, dtype, shape }: OutputColumn): string {
  if (shape.length > 0) return 'jsonb'
  switch (type) {
    case 'text':
      return 'text'
    case 'integer':
      if (dtype === 'uint64') return 'numeric(20)'
      return /^(u?int8|u?int16|int32)$/.test(dtype) ? 'integer' : 'bigint'
    case 'number':
      return /^(b?float16|float32)$/.test(dtype) ? 'real' : 'double precision'
    case 'boolean':
      return 'boolean'
    case 'timestamp':
      return 'timestamptz'
    case 'json':
      return 'jsonb'
  }
}

/** What writes the cells of a column of one batch. */
export function cellWriter(spec: OutputColumn, column: Column | RepeatedTexts): CellWriter {
  if ('indices' in column) {
    const cells = column.values.map((text) => (text === null ? copyNull : cellOr(() => textCell(text))))
    return (row) => thrown(cells[column.indices[row]!]!)
  }
  const { validity } = column
  const write = presentCell(spec, column)
  return validity === null ? write : (row) => (validity[row] === 0 ? copyNull : write(row))
}

function presentCell({ type, shape: spec }: OutputColumn, column: Column): CellWriter {
  const { data, dtype, shape } = column
  if (dtype !== 'object' && (shape.length > 0 || spec.length > 0)) {
    const size = shape.reduce((product, dimension) => product * dimension, 1)
    // jsonb has no NaN and no infinities: they are texts there.
    return (row) => jsonCell(nestedText(data, dtype, shape, { start: row * size, nonFinite: 'string' }))
  }
  if (type === 'json' && dtype === 'string') return (row) => jsonCell(checkedJson((data as string[])[row]!))
  const write = byType[type]
  const read = valueReader(dtype)
  return (row) => {
    const value = read === null ? data[row] : read(data[row] as number)
    return value === null || value === undefined ? copyNull : write(value)
  }
}

function valueReader(dtype: DType | 'object'): ((element: number) => unknown) | null {
  if (dtype === 'float16') return float16ToNumber
  if (dtype === 'bfloat16') return bfloat16ToNumber
  return dtype === 'bool' ? (element) => element === 1 : null
}

const byType: Readonly<Record<OutputColumn['type'], (value: unknown) => string>> = {
  text: (value) => textCell(typeof value === 'string' ? value : valueText(value, 'literal')),
  integer: integerCell,
  number: numberCell,
  boolean: booleanCell,
  timestamp: timeCell,
  json: (value) => jsonCell(valueText(value, 'string')),
}

function textCell(text: string): string {
  if (text.includes('\u0000')) throw new CellFault('a text with a NUL, which Postgres does not hold')
  return copyCell(text)
}

function integerCell(value: unknown): string {
  const text = String(value)
  if (!/^[+-]?\d{1,20}$/.test(text)) throw new CellFault('no integer')
  const whole = BigInt(text.replace('+', ''))
  // Unsigned ones have a column that holds them.
  if (BigInt.asIntN(64, whole) !== whole && BigInt.asUintN(64, whole) !== whole) throw new CellFault('an integer outside 64 bits')
  return text
}

function numberCell(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  const text = String(value)
  if (typeof value !== 'bigint' && (text.trim() === '' || Number.isNaN(Number(text)) !== (text === 'NaN'))) throw new CellFault('no number')
  return text
}

function booleanCell(value: unknown): string {
  if (value === true || value === 'true' || value === 1) return 't'
  if (value === false || value === 'false' || value === 0) return 'f'
  throw new CellFault('neither true nor false')
}

/** Years that the text form of both sides has with four digits. */
const firstMs = Date.parse('0100-01-01T00:00:00Z')
const lastMs = Date.parse('9999-12-31T23:59:59.999Z') + 1

function timeCell(value: unknown): string {
  const ms = typeof value === 'string' ? parseIsoTime(value) : Number(value)
  if (ms === null || !(ms >= firstMs && ms < lastMs)) throw new CellFault('no time between the years 100 and 9999')
  const whole = Math.floor(ms)
  const micros = Math.round((ms - whole) * 1000)
  const text = new Date(whole).toISOString()
  return micros === 0 ? text : text.replace('Z', `${String(Math.min(micros, 999)).padStart(3, '0')}Z`)
}

function checkedJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    throw new CellFault('no JSON')
  }
}

/** jsonb refuses NUL and half surrogate pairs, which JSON may write as escapes. */
function jsonCell(text: string): string {
  if (/\\u(?:0000|d[89a-f])/i.test(text) && hasUnheld(JSON.parse(text)))
    throw new CellFault('a text with characters that Postgres does not hold')
  return copyCell(text)
}

function hasUnheld(value: unknown): boolean {
  if (typeof value === 'string') return /[\0\uD800-\uDFFF]/u.test(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => hasUnheld(name) || hasUnheld(member))
}

function cellOr(make: () => string): string | CellFault {
  try {
    return make()
  } catch (error) {
    if (error instanceof CellFault) return error
    throw error
  }
}

function thrown(cell: string | CellFault): string {
  if (typeof cell === 'string') return cell
  throw cell
}
