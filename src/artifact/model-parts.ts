import { allocate, type DType, isBigInt, type TensorData } from '../core/dtype.js'
import type { Tensor } from '../core/tensor.js'

/** The value of a node attribute; ONNX tells integers from floats, so each says which it is. */
export type AttributeValue =
  | { readonly int: number | bigint }
  | { readonly ints: readonly (number | bigint)[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly tensor: Tensor }
  | { readonly graph: GraphParts }

export interface NodeParts {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  /** Operator domain; ONNX's own when left out. */
  readonly domain?: string
  readonly name?: string
}

/** A dimension is a size, the name of a free one, or null for one without a name. */
export type ShapeParts = readonly (number | string | null)[]

/** A graph input, output or value between nodes; with `keyDtype` a list of maps from that type to `dtype`. */
export interface ValueParts {
  readonly name: string
  readonly dtype: DType
  /** Null where the graph declares no shape. */
  readonly shape: ShapeParts | null
  readonly keyDtype?: DType
}

/** A constant of the graph: its data here, or where they lie in another file. */
export type InitializerParts =
  | (Tensor & { readonly name: string })
  | {
      readonly name: string
      readonly dtype: DType
      readonly shape: readonly number[]
      readonly external: { readonly location: string; readonly offset?: number; readonly length?: number }
    }

export interface GraphParts {
  readonly name?: string
  readonly nodes: readonly NodeParts[]
  readonly inputs: readonly ValueParts[]
  readonly outputs: readonly ValueParts[]
  readonly initializers?: readonly InitializerParts[]
  /** Types of values between nodes. */
  readonly values?: readonly ValueParts[]
}

/** A model-local function; nodes call it by domain and name. */
export interface FunctionParts {
  readonly domain: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly nodes: readonly NodeParts[]
}

export interface ModelParts extends GraphParts {
  /** Operator domain -> version; default `ai.onnx` 17, and `ai.onnx.ml` 3 where a node uses it. */
  readonly opset?: Readonly<Record<string, number>>
  /** Default 8, the version that goes with operator set 17. */
  readonly irVersion?: number
  readonly producer?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly functions?: readonly FunctionParts[]
}

/** `node('Gemm', ['x', 'w', 'b'], ['y'], { alpha: { float: 0.5 } })` */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain = '',
): NodeParts {
  return { op, inputs, outputs, attributes, domain }
}

/** `value('x', 'float32', ['N', 4])` */
export function value(name: string, dtype: DType, shape: ShapeParts | null): ValueParts {
  return { name, dtype, shape }
}

/** `constant('w', 'float32', [4, 1], [0.1, 0.2, 0.3, 0.4])`; numbers are made bigints where the type needs them. */
export function constant(
  name: string,
  dtype: DType,
  shape: readonly number[],
  values: TensorData | readonly (number | bigint | string)[],
): Tensor & { readonly name: string } {
  return { name, dtype, shape, data: Array.isArray(values) ? fill(dtype, values) : (values as TensorData) }
}

function fill(dtype: DType, values: readonly (number | bigint | string)[]): TensorData {
  const data = allocate(dtype, values.length) as (number | bigint | string)[]
  const toElement = dtype === 'string' ? String : isBigInt(dtype) ? BigInt : Number
  for (const [index, element] of values.entries()) data[index] = toElement(element)
  return data as unknown as TensorData
}
