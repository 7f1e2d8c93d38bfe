import { allocate, isBigInt } from '../core/dtype.js'
import type { DType, TensorData } from '../core/dtype.js'
import { SlipwayError } from '../core/errors.js'
import { storeBigInt, storeNumber } from '../core/store-element.js'
import { elementCount } from '../core/tensor.js'
import type { Tensor } from '../core/tensor.js'
import type { InferInput } from './tensors.js'

/** The data of an input as a tensor, checked: as many elements as its shape has, each within its datatype. For BYTES, texts only. */
export function inputTensor(input: InferInput, dtype: DType): Tensor {
  checkCount(input)
  return { dtype, shape: input.shape, data: inputData(input, dtype) }
}

/** Throws INPUT_SHAPE when shape and data disagree. */
export function checkCount({ name, shape, data }: InferInput): void {
  const count = elementCount(shape)
  if (data.length === count) return
  throw new SlipwayError('INPUT_SHAPE', `input '${name}': the shape [${shape.join(',')}] has ${count} elements, the data ${data.length}`)
}

function inputData(input: InferInput, dtype: DType): TensorData {
  const { data } = input
  const fresh = allocate(dtype, 0)
  if (!Array.isArray(fresh) && data.constructor === fresh.constructor) return data as TensorData
  if (dtype === 'string') return Array.from(data as ArrayLike<unknown>, (value, index) => text(value, index, input.name))
  if (dtype === 'bool') return Uint8Array.from(data as ArrayLike<number>, (value, index) => flag(value, index, input.name))
  return numbers(data, dtype, input.name)
}

function numbers(values: ArrayLike<unknown>, dtype: DType, name: string): TensorData {
  const data = allocate(dtype, values.length)
  for (let index = 0; index < values.length; index++) {
    const fault = store(data, dtype, index, values[index])
    if (fault === null) continue
    const code = fault === 'range' ? 'INPUT_RANGE' : 'INPUT_TYPE'
    throw new SlipwayError(code, `input '${name}': element ${index} is ${String(values[index])}, which is no ${dtype}`)
  }
  return data
}

function store(data: TensorData, dtype: DType, index: number, value: unknown): string | null {
  if (typeof value === 'number') return storeNumber(data, dtype, index, value)
  if (typeof value === 'bigint')
    return isBigInt(dtype) ? storeBigInt(data, dtype, index, value) : storeNumber(data, dtype, index, Number(value))
  return 'type'
}

function text(value: unknown, index: number, name: string): string {
  if (typeof value === 'string') return value
  throw new SlipwayError('INPUT_TYPE', `input '${name}': expected texts, element ${index} is of type ${typeof value}`)
}

function flag(value: unknown, index: number, name: string): number {
  if (typeof value === 'boolean' || value === 0 || value === 1) return Number(value)
  throw new SlipwayError('INPUT_TYPE', `input '${name}': expected true or false, element ${index} is ${String(value)}`)
}
