import type { DType } from '../core/dtype.js'
import { SlipwayError } from '../core/errors.js'
import { dtypeOf } from '../core/oip.js'
import type { Datatype } from '../core/oip.js'
import type { InferInput } from './tensors.js'

/** Datatype of each kind of typed array, by its name. */
const byArray: Readonly<Record<string, Datatype>> = {
  Uint8Array: 'UINT8',
  Uint16Array: 'UINT16',
  Uint32Array: 'UINT32',
  BigUint64Array: 'UINT64',
  Int8Array: 'INT8',
  Int16Array: 'INT16',
  Int32Array: 'INT32',
  BigInt64Array: 'INT64',
  Float32Array: 'FP32',
  Float64Array: 'FP64',
}

/** The datatype that an input says, or that its data tells. Throws INPUT_DATATYPE where there is none. */
export function inputDatatype(input: InferInput): { readonly datatype: Datatype; readonly dtype: DType } {
  const datatype = input.datatype ?? byArray[Object.prototype.toString.call(input.data).slice(8, -1)]
  const dtype = datatype === undefined ? null : dtypeOf(datatype)
  if (datatype !== undefined && dtype !== null) return { datatype, dtype }
  const received = datatype === undefined ? 'a plain array without `datatype`' : `\`${datatype}\``
  throw new SlipwayError('INPUT_DATATYPE', `input '${input.name}': expected a datatype such as FP32, received ${received}`)
}
