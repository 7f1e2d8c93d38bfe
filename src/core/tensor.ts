import type { DataByDType, DType } from './dtype.js'

/** A dense, row-major tensor; `data` has product(shape) elements. */
export interface Tensor<T extends DType = DType> {
  readonly dtype: T
  readonly shape: readonly number[]
  readonly data: DataByDType[T]
}

/** What a model takes or gives under a name; null stands for a dimension that is free. */
export interface TensorSpec {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly (number | null)[]
}

/** Number of elements of a shape; 1 for a scalar (rank 0). */
export function elementCount(shape: readonly number[]): number {
  let count = 1
  for (const size of shape) count *= size
  return count
}

/** `float32[?,4]`: how messages and pages write a spec. */
export function describeTensor(spec: { readonly dtype: DType; readonly shape: readonly (number | null)[] }): string {
  return `${spec.dtype}[${spec.shape.map((size) => size ?? '?').join(',')}]`
}
