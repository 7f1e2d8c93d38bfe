import type { DataByDType, DType } from './dtype.js'
import { numberToBfloat16, numberToFloat16 } from './half.js'

/** Why a value cannot be an element: of another type, not whole, or outside the range of the dtype. */
export type ElementFault = 'type' | 'whole' | 'range'

/** Least magnitudes that round to infinity. */
const float32Limit = 3.402_823_567_797_336_6e38
const bfloat16Limit = 3.396_156_634_246_165e38
const float16Limit = 65_520

/**
 * Stores a number as element `index` of data of a dtype, or says why it cannot be: integers must be whole and in range, finite numbers must
 * stay finite. Rounding to the precision of float32 and less is no fault. Not for bool and string.
 */
export function storeNumber(data: object, dtype: DType, index: number, value: number): ElementFault | null {
  switch (dtype) {
    case 'float64':
      ;(data as Float64Array)[index] = value
      return null
    case 'float32':
      ;(data as Float32Array)[index] = value
      return overflows(value, float32Limit)
    case 'float16':
      ;(data as Uint16Array)[index] = numberToFloat16(value)
      return overflows(value, float16Limit)
    case 'bfloat16':
      ;(data as Uint16Array)[index] = numberToBfloat16(value)
      return overflows(value, bfloat16Limit)
    case 'uint8':
      ;(data as Uint8Array)[index] = value
      return wholeWithin(value, 0, 255)
    case 'uint16':
      ;(data as Uint16Array)[index] = value
      return wholeWithin(value, 0, 65_535)
    case 'uint32':
      ;(data as Uint32Array)[index] = value
      return wholeWithin(value, 0, 4_294_967_295)
    case 'int8':
      ;(data as Int8Array)[index] = value
      return wholeWithin(value, -128, 127)
    case 'int16':
      ;(data as Int16Array)[index] = value
      return wholeWithin(value, -32_768, 32_767)
    case 'int32':
      ;(data as Int32Array)[index] = value
      return wholeWithin(value, -2_147_483_648, 2_147_483_647)
    case 'int64':
      return storeSigned(data as BigInt64Array, index, value)
    case 'uint64':
      return storeUnsigned(data as BigUint64Array, index, value)
    case 'bool':
    case 'string':
      return 'type'
  }
}

function overflows(value: number, limit: number): ElementFault | null {
  return (value >= limit || value <= -limit) && Number.isFinite(value) ? 'range' : null
}

function wholeWithin(value: number, min: number, max: number): ElementFault | null {
  if (value >= min && value <= max) return Math.trunc(value) === value ? null : 'whole'
  return Number.isInteger(value) ? 'range' : 'whole'
}

function storeSigned(data: BigInt64Array, index: number, value: number): ElementFault | null {
  if (!Number.isInteger(value)) return 'whole'
  if (value < -(2 ** 63) || value >= 2 ** 63) return 'range'
  data[index] = BigInt(value)
  return null
}

function storeUnsigned(data: BigUint64Array, index: number, value: number): ElementFault | null {
  if (!Number.isInteger(value)) return 'whole'
  if (value < 0 || value >= 2 ** 64) return 'range'
  data[index] = BigInt(value)
  return null
}

/** Like `storeNumber` for a bigint. Floats take those that they hold exactly. */
export function storeBigInt(data: object, dtype: DType, index: number, value: bigint): ElementFault | null {
  if (dtype === 'int64' || dtype === 'uint64') {
    const wrapped = dtype === 'int64' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)
    ;(data as DataByDType['int64' | 'uint64'])[index] = wrapped
    return wrapped === value ? null : 'range'
  }
  const double = Number(value)
  return BigInt(double) === value ? storeNumber(data, dtype, index, double) : 'range'
}

/** Stores any JavaScript value as an element: numbers and bigints as above, booleans as bool, strings as string. */
export function storeValue(data: object, dtype: DType, index: number, value: unknown): ElementFault | null {
  if (dtype === 'string') {
    ;(data as unknown[])[index] = typeof value === 'string' ? value : ''
    return typeof value === 'string' ? null : 'type'
  }
  if (dtype === 'bool') {
    ;(data as Uint8Array)[index] = value === true ? 1 : 0
    return typeof value === 'boolean' ? null : 'type'
  }
  if (typeof value === 'number') return storeNumber(data, dtype, index, value)
  if (typeof value === 'bigint') return storeBigInt(data, dtype, index, value)
  return 'type'
}
