import type { DType } from './dtype.js'
import type { Field, Fields, Signature } from './field.js'
import type { TensorSpec } from './tensor.js'

// The protocol's raw codec belongs to its names; whoever speaks the protocol imports this file alone.
export { decodeRaw, encodeRaw } from './raw-tensor.js'
export { tensorsToInputFrame } from './oip-input.js'
export type { NamedTensor, TensorInputOptions } from './oip-input.js'
export { columnToTensor } from './column-tensor.js'

/** Element types by the names of the Open Inference Protocol. */
export type Datatype =
  | 'BOOL'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FP16'
  | 'BF16'
  | 'FP32'
  | 'FP64'
  | 'BYTES'

const datatypes: Readonly<Record<DType, Datatype>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  bfloat16: 'BF16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
}

const dtypes: ReadonlyMap<string, DType> = new Map(Object.entries(datatypes).map(([dtype, datatype]) => [datatype, dtype as DType]))

/** The name of an element type in the Open Inference Protocol. */
export function datatypeOf(dtype: DType): Datatype {
  return datatypes[dtype]
}

/** The element type that a name of the Open Inference Protocol stands for; null when it stands for none. */
export function dtypeOf(datatype: string): DType | null {
  return dtypes.get(datatype) ?? null
}

/** The tensors that a model takes in the Open Inference Protocol, the batch dimension (null) first. A scalar field is [null, 1]. */
export function inputSpecs(signature: Pick<Signature, 'input'>): readonly TensorSpec[] {
  return tensorSpecs(signature.input)
}

/** The tensors that a model gives. */
export function outputSpecs(signature: Pick<Signature, 'output'>): readonly TensorSpec[] {
  return tensorSpecs(signature.output)
}

function tensorSpecs(fields: Fields): readonly TensorSpec[] {
  return Object.entries(fields).map(([name, field]) => ({ name, dtype: wireDType(field), shape: [null, ...rowShape(field)] }))
}

/** The element type that a field has in the protocol: that of its column, and texts of JSON for what only a Standard Schema knows. */
function wireDType(field: Field): DType {
  return field.dtype === 'object' ? 'string' : field.dtype
}

function rowShape(field: Field): readonly (number | null)[] {
  return field.kind === 'tensor' && field.shape.length > 0 ? field.shape : [1]
}
