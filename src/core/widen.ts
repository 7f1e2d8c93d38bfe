import { allocate, isBigInt } from './dtype.js'
import type { DType, TensorData } from './dtype.js'
import { bfloat16ToNumber, float16ToNumber, numberToBfloat16, numberToFloat16 } from './half.js'

const small: readonly DType[] = ['int8', 'uint8']
const medium: readonly DType[] = [...small, 'int16', 'uint16']
const halves: readonly DType[] = ['float16', 'bfloat16']

/** The types that each type holds without loss. 64-bit integers fit float64 only value by value. */
const widened: Readonly<Partial<Record<DType, readonly DType[]>>> = {
  float64: [...medium, ...halves, 'int32', 'uint32', 'float32', 'int64', 'uint64'],
  float32: [...medium, ...halves],
  float16: small,
  bfloat16: small,
  int64: [...medium, 'int32', 'uint32'],
  int32: medium,
  int16: small,
  uint64: ['uint8', 'uint16', 'uint32'],
  uint32: ['uint8', 'uint16'],
  uint16: ['uint8'],
}

/** True when data of type `from` can be stored as `to` without loss: they are equal, or `to` is wider. */
export function canWiden(from: DType, to: DType): boolean {
  return from === to || widened[to]?.includes(from) === true
}

/** Data of type `from` as `to`, exactly where `canWiden`; the data itself when they are equal. 64-bit integers become the nearest float64. */
export function widen(data: TensorData, from: DType, to: DType): TensorData {
  if (from === to) return data
  const target = allocate(to, data.length)
  if (isBigInt(to)) return fill(target, data, (element) => BigInt(element as number))
  if (isBigInt(from)) return fill(target, data, Number)
  if (from === 'float16') return fill(target, data, (element) => float16ToNumber(element as number))
  if (from === 'bfloat16') return fill(target, data, (element) => bfloat16ToNumber(element as number))
  if (to === 'float16' || to === 'bfloat16') return fill(target, data, (element) => halfOf(element as number, to))
  ;(target as Float64Array).set(data as Float32Array)
  return target
}

function fill(target: TensorData, data: TensorData, convert: (element: unknown) => unknown): TensorData {
  for (let i = 0; i < data.length; i++) (target as unknown[])[i] = convert(data[i])
  return target
}

function halfOf(value: number, dtype: 'float16' | 'bfloat16'): number {
  return dtype === 'float16' ? numberToFloat16(value) : numberToBfloat16(value)
}
