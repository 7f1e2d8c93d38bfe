import type { Data, DataType, Decimal, Timestamp } from 'apache-arrow'
import type { DType, TensorData } from '../../core/dtype.js'
import { float16ToNumber } from '../../core/half.js'
import type { Arrow } from './load-arrow.js'

/** The element type of a column of numbers of fixed size; null for any other column. */
export function dtypeOf(arrow: Arrow, type: DataType): DType | null {
  const { DataType: Kind } = arrow
  if (Kind.isFloat(type)) return (['float16', 'float32', 'float64'] as const)[type.precision]
  if (!Kind.isInt(type)) return null
  return `${type.isSigned ? 'int' : 'uint'}${type.bitWidth}` as DType
}

/** Elements `start` to `start + count` as they lie there. */
export function elementsAt(data: Data, start: number, count: number): TensorData {
  return (data.values as Float64Array).subarray(start, start + count)
}

/** Numbers as doubles: exact but for 64-bit integers and decimals beyond 2^53, which become the nearest, as they do when read from JSON. */
export function fillDoubles(doubles: Float64Array, values: TensorData, dtype: DType): void {
  if (dtype === 'float16') for (let i = 0; i < doubles.length; i++) doubles[i] = float16ToNumber(values[i] as number)
  else if (dtype !== 'int64' && dtype !== 'uint64') doubles.set(values as Float32Array)
  else for (let i = 0; i < doubles.length; i++) doubles[i] = Number(values[i])
}

/** True where row `row` has no value. */
export function isNull(data: Data, row: number): boolean {
  const { nullBitmap } = data
  if (data.nullCount === 0) return false
  if (nullBitmap === null || nullBitmap === undefined || nullBitmap.length === 0) return true
  const at = data.offset + row
  return (nullBitmap[at >> 3]! & (1 << (at & 7))) === 0
}

/** Bit `row` of a column of booleans. */
export function bitAt(data: Data, row: number): 0 | 1 {
  const at = data.offset + row
  return ((data.values as Uint8Array)[at >> 3]! & (1 << (at & 7))) === 0 ? 0 : 1
}

/** The double nearest to a decimal: what JSON gives for its digits. */
export function decimalAt(data: Data<Decimal>, row: number): number {
  const { scale, bitWidth } = data.type
  const words = bitWidth / 32
  let value = 0n
  for (let word = words - 1; word >= 0; word--) value = (value << 32n) | BigInt(data.values[row * words + word]!)
  return Number(`${BigInt.asIntN(bitWidth, value)}e${-scale}`)
}

/** Nanoseconds, microseconds … of a timestamp as epoch milliseconds, with what is below them as a fraction. Without a zone, it is UTC. */
export function timestampAt(data: Data<Timestamp>, row: number): number {
  const value = data.values[row]!
  const perMs = [0n, 1n, 1000n, 1_000_000n][data.type.unit]!
  if (perMs === 0n) return Number(value) * 1000
  return Number(value / perMs) + Number(value % perMs) / Number(perMs)
}
