import type { DType } from '../core/dtype.js'

/** One element type of ONNX (TensorProto.DataType). */
export interface ElementType {
  /** The name slipway uses, or ONNX's own in lower case for a type that slipway has no tensors of. */
  readonly name: string
  /** The slipway type; null for a type that slipway has no tensors of. */
  readonly dtype: DType | null
  /** Bits of one element in raw data; 0 for strings. */
  readonly bits: number
}

/** Indexed by the number that stands in the file. */
const elementTypes: readonly ElementType[] = [
  { name: 'undefined', dtype: null, bits: 0 },
  known('float32', 32),
  known('uint8', 8),
  known('int8', 8),
  known('uint16', 16),
  known('int16', 16),
  known('int32', 32),
  known('int64', 64),
  known('string', 0),
  known('bool', 8),
  known('float16', 16),
  known('float64', 64),
  known('uint32', 32),
  known('uint64', 64),
  foreign('complex64', 64),
  foreign('complex128', 128),
  known('bfloat16', 16),
  foreign('float8e4m3fn', 8),
  foreign('float8e4m3fnuz', 8),
  foreign('float8e5m2', 8),
  foreign('float8e5m2fnuz', 8),
  foreign('uint4', 4),
  foreign('int4', 4),
  foreign('float4e2m1', 4),
  foreign('float8e8m0', 8),
  foreign('uint2', 2),
  foreign('int2', 2),
  foreign('float6e2m3', 6),
  foreign('float6e3m2', 6),
]

/** The number that stands for `dtype` in an ONNX file. */
export function elementCode(dtype: DType): number {
  return elementTypes.findIndex((type) => type.dtype === dtype)
}

/** The type behind a number of the file; an unknown number gets a name that says so. */
export function elementType(code: number): ElementType {
  return elementTypes[code] ?? { name: `type ${code}`, dtype: null, bits: 0 }
}

function known(dtype: DType, bits: number): ElementType {
  return { name: dtype, dtype, bits }
}

function foreign(name: string, bits: number): ElementType {
  return { name, dtype: null, bits }
}
