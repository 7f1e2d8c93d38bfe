import type { DType, TensorData } from '../core/dtype.js'
import { isFloat } from '../core/dtype.js'
import { SlipwayError } from '../core/errors.js'
import type { Column } from '../core/frame.js'
import { numberToBfloat16, numberToFloat16 } from '../core/half.js'
import { storeValue } from '../core/store-element.js'
import { elementCount } from '../core/tensor.js'
import { showValue } from '../guardrails/show-value.js'
import { elementReader } from './cast-elements.js'

/** Where the elements of a column go: row i starts at `i * stride + offset`. */
export interface Destination {
  readonly data: TensorData
  readonly dtype: DType
  readonly offset: number
  readonly stride: number
}

/** Beyond this, a finite number becomes an infinite float32. */
export const float32Limit = 3.402_823_567_797_336_6e38

/**
 * Writes the first `rows` rows of a column among the elements of a tensor, exactly: INPUT_RANGE or INPUT_TYPE where a value does not fit the
 * graph's type. Absent values become NaN in floats.
 */
export function writeColumn(name: string, column: Column, rows: number, to: Destination): void {
  const size = elementCount(column.shape)
  if (column.dtype === 'float64' && to.dtype === 'float32') writeFloat32(name, column.data as Float64Array, rows, size, to)
  else writeAny(name, column, rows, size, to)
  if (column.validity !== null && isFloat(to.dtype)) writeAbsent(column.validity, rows, size, to)
}

/** The common case, kept apart and tight: numbers into a float32 tensor. */
function writeFloat32(name: string, from: Float64Array, rows: number, size: number, { data, offset, stride }: Destination): void {
  const out = data as Float32Array
  for (let row = 0; row < rows; row++) {
    const start = row * stride + offset
    for (let element = 0; element < size; element++) {
      const value = from[row * size + element]!
      out[start + element] = value
      if ((value >= float32Limit || value <= -float32Limit) && Number.isFinite(value)) refuse(name, 'float32', value)
    }
  }
}

function writeAny(name: string, column: Column, rows: number, size: number, { data, dtype, offset, stride }: Destination): void {
  const { validity } = column
  const read = elementReader(column.data, column.dtype === 'object' ? 'values' : column.dtype)
  for (let row = 0; row < rows; row++) {
    if (validity?.[row] === 0 && dtype !== 'string') continue
    const start = row * stride + offset
    for (let element = 0; element < size; element++) {
      const value = read(row * size + element)
      const fault = storeValue(data, dtype, start + element, typeof value === 'boolean' && dtype !== 'bool' ? Number(value) : value)
      if (fault !== null) refuse(name, dtype, value)
    }
  }
}

function writeAbsent(validity: Uint8Array, rows: number, size: number, { data, dtype, offset, stride }: Destination): void {
  const nan = dtype === 'float16' ? numberToFloat16(Number.NaN) : dtype === 'bfloat16' ? numberToBfloat16(Number.NaN) : Number.NaN
  for (let row = 0; row < rows; row++) {
    if (validity[row] !== 0) continue
    const start = row * stride + offset
    ;(data as Float32Array).fill(nan, start, start + size)
  }
}

function refuse(name: string, dtype: DType, value: unknown): never {
  const whole = typeof value !== 'number' || Number.isInteger(value) || isFloat(dtype)
  const code = whole ? 'INPUT_RANGE' : 'INPUT_TYPE'
  throw new SlipwayError(code, `expected a value that fits the graph's ${dtype} for input \`${name}\`, received ${showValue(value)}`)
}
