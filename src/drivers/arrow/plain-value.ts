import type { Data, DataType, Vector } from 'apache-arrow'
import { float16ToNumber } from '../../core/half.js'
import type { Arrow } from './load-arrow.js'
import { bitAt, decimalAt, dtypeOf, isNull, timestampAt } from './primitive-values.js'

const dayMs = 86_400_000

/** The value of one row as JSON would bring it: numbers, bigints, texts, lists, objects; times as epoch milliseconds; null where there is none. */
export function plainValue(arrow: Arrow, data: Data, row: number): unknown {
  const { DataType: Kind } = arrow
  const { type } = data as { readonly type: DataType }
  if (Kind.isNull(type) || isNull(data, row)) return null
  if (Kind.isInt(type)) return (data.values as Int32Array)[row]
  if (Kind.isFloat(type))
    return dtypeOf(arrow, type) === 'float16' ? float16ToNumber((data.values as Uint16Array)[row]!) : (data.values as Float64Array)[row]
  if (Kind.isBool(type)) return bitAt(data, row) === 1
  if (Kind.isTimestamp(type)) return timestampAt(data as Data<typeof type>, row)
  if (Kind.isDate(type)) return dateAt(data, row)
  if (Kind.isDecimal(type)) return decimalAt(data as Data<typeof type>, row)
  const range = listRange(arrow, data, row)
  if (range !== null) return Array.from({ length: range.length }, (_, i) => plainValue(arrow, data.children[0]!, range.start + i))
  if (Kind.isStruct(type)) {
    return Object.fromEntries(type.children.map((child, i) => [child.name, plainValue(arrow, data.children[i]!, row)]))
  }
  const value: unknown = (new arrow.Vector([data]) as Vector).get(row)
  return typeof value === 'object' && value !== null && 'toJSON' in value ? (value as { toJSON(): unknown }).toJSON() : value
}

/** Milliseconds of midnight UTC. */
export function dateAt(data: Data, row: number): number {
  const value = (data.values as Int32Array | BigInt64Array)[row]!
  return typeof value === 'bigint' ? Number(value) : value * dayMs
}

/** Where the elements of a row lie in the child of a list; null for what is no list. */
export function listRange(arrow: Arrow, data: Data, row: number): { readonly start: number; readonly length: number } | null {
  const { DataType: Kind } = arrow
  const { type } = data as { readonly type: DataType }
  if (Kind.isFixedSizeList(type)) return { start: row * type.listSize, length: type.listSize }
  if (!Kind.isList(type) && !Kind.isLargeList(type)) return null
  const offsets = data.valueOffsets as ArrayLike<number | bigint>
  const start = Number(offsets[row])
  return { start, length: Number(offsets[row + 1]) - start }
}
