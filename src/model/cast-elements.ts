import type { DataByDType, DType, TensorData } from '../core/dtype.js'
import { allocate, isBigInt } from '../core/dtype.js'
import { bfloat16ToNumber, float16ToNumber } from '../core/half.js'
import type { ElementFault } from '../core/store-element.js'
import { storeNumber, storeValue } from '../core/store-element.js'

/** The first element that does not fit the type it is cast to. */
export interface CastFault {
  readonly index: number
  readonly value: unknown
  readonly fault: ElementFault
}

/** What elements are: of a dtype, or JavaScript values of any type (`values`). */
export type ElementSource = DType | 'values'

/**
 * Elements as data of another dtype, exactly: integers stay whole and in range, finite numbers stay finite; only precision is rounded.
 * The same data when nothing changes. bool and numbers cast as 0 and 1.
 */
export function castElements<T extends DType>(data: ArrayLike<unknown>, from: ElementSource, to: T): DataByDType[T] | CastFault {
  if (from === to) return data as unknown as DataByDType[T]
  if (to === 'float64' && isPlainNumber(from)) return new Float64Array(data as Float32Array) as DataByDType[T]
  const out = allocate(to, data.length)
  const read = elementReader(data, from)
  for (let index = 0; index < data.length; index++) {
    const value = read(index)
    const fault = storeAs(out, to, index, value)
    if (fault !== null) return { index, value, fault }
  }
  return out
}

/** True where a cast failed. */
export function isCastFault(result: TensorData | CastFault): result is CastFault {
  return 'fault' in result
}

/** Reads elements as JavaScript values: half floats as numbers, bool as booleans. */
export function elementReader(data: ArrayLike<unknown>, from: ElementSource): (index: number) => unknown {
  const elements = data as ArrayLike<number>
  if (from === 'float16') return (index) => float16ToNumber(elements[index]!)
  if (from === 'bfloat16') return (index) => bfloat16ToNumber(elements[index]!)
  if (from === 'bool') return (index) => elements[index] !== 0
  return (index) => data[index]
}

function storeAs(out: TensorData, to: DType, index: number, value: unknown): ElementFault | null {
  if (typeof value === 'boolean' && to !== 'bool' && to !== 'string') return storeNumber(out, to, index, value ? 1 : 0)
  if (to === 'bool' && (value === 0 || value === 1 || value === 0n || value === 1n)) return storeValue(out, to, index, Number(value) === 1)
  return storeValue(out, to, index, value)
}

function isPlainNumber(from: ElementSource): boolean {
  return from !== 'values' && from !== 'string' && from !== 'bool' && from !== 'float16' && from !== 'bfloat16' && !isBigInt(from)
}

/** The dtype that a typed array stands for when it comes without one; plain arrays are `values`. `to` settles what raw 16 bits and bytes are. */
export function sourceOf(data: ArrayLike<unknown>, to: DType): ElementSource {
  if (data instanceof Uint8Array) return to === 'bool' ? 'bool' : 'uint8'
  if (data instanceof Uint16Array) return to === 'float16' || to === 'bfloat16' ? to : 'uint16'
  for (const [type, dtype] of typedArrays) if (data instanceof type) return dtype
  return 'values'
}

const typedArrays = [
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [BigInt64Array, 'int64'],
  [BigUint64Array, 'uint64'],
  [Int8Array, 'int8'],
  [Int16Array, 'int16'],
  [Int32Array, 'int32'],
  [Uint32Array, 'uint32'],
  [Uint8ClampedArray, 'uint8'],
] as const

/** Why a cast failed, in words: `element 3 is 'abc'`, `element 0 is 1.5, which is not whole`. */
export function describeFault({ index, value, fault }: CastFault, show: (value: unknown) => string): string {
  const reason = { type: '', whole: ', which is not whole', range: ', which is out of range' }[fault]
  return `element ${index} is ${show(value)}${reason}`
}
