/** Element types of tensors and columns; the names are NumPy's, `string` is ONNX's. */
export type DType =
  | 'bool'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64'
  | 'string'

/** Storage of each element type: float16 and bfloat16 are raw bits, bool is 0 or 1. */
export interface DataByDType {
  bool: Uint8Array
  uint8: Uint8Array
  uint16: Uint16Array
  uint32: Uint32Array
  uint64: BigUint64Array
  int8: Int8Array
  int16: Int16Array
  int32: Int32Array
  int64: BigInt64Array
  float16: Uint16Array
  bfloat16: Uint16Array
  float32: Float32Array
  float64: Float64Array
  string: string[]
}

export type TensorData = DataByDType[DType]

type FixedDType = Exclude<DType, 'string'>

interface DataConstructor<T> {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): T
  new (buffer: ArrayBufferLike, offset: number, length: number): T
}

const constructors: { readonly [D in FixedDType]: DataConstructor<DataByDType[D]> } = {
  bool: Uint8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
}

/** Zeroed (empty strings for `string`) storage for `length` elements. */
export function allocate<T extends DType>(dtype: T, length: number): DataByDType[T] {
  if (dtype === 'string') return Array.from({ length }, () => '') as DataByDType[T]
  return new constructors[dtype as FixedDType](length) as DataByDType[T]
}

/** Elements of a buffer, as they lie there; `offset` is in bytes, a multiple of the element's size. */
export function viewBuffer(dtype: FixedDType, buffer: ArrayBufferLike, offset: number, length: number): TensorData {
  return new constructors[dtype](buffer, offset, length)
}

/** Bytes of one element; 0 for `string`, whose elements have no fixed size. */
export function bytesPerElement(dtype: DType): number {
  return dtype === 'string' ? 0 : constructors[dtype].BYTES_PER_ELEMENT
}

/** True for the name of an element type. */
export function isDType(name: string): name is DType {
  return name === 'string' || Object.hasOwn(constructors, name)
}

/** True for the two types whose elements are JavaScript bigints. */
export function isBigInt(dtype: DType): dtype is 'int64' | 'uint64' {
  return dtype === 'int64' || dtype === 'uint64'
}

/** True for float16, bfloat16, float32 and float64. */
export function isFloat(dtype: DType): dtype is 'float16' | 'bfloat16' | 'float32' | 'float64' {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16'
}

/** Inclusive range of each integer type, as bigints. */
export const integerRange: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  uint8: [0n, 255n],
  uint16: [0n, 65_535n],
  uint32: [0n, 4_294_967_295n],
  uint64: [0n, 18_446_744_073_709_551_615n],
  int8: [-128n, 127n],
  int16: [-32_768n, 32_767n],
  int32: [-2_147_483_648n, 2_147_483_647n],
  int64: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
}
