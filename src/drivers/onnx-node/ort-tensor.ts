import type { InferenceSession, OnnxValue } from 'onnxruntime-node'
import type { DType } from '../../core/dtype.js'
import { SlipwayError } from '../../core/errors.js'
import { describeTensor, elementCount, type Tensor, type TensorSpec } from '../../core/tensor.js'

/** Element types that pass in and out of onnxruntime-node; the names are the same on both sides. */
const dtypes: ReadonlySet<string> = new Set<DType>([
  'bool',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'float32',
  'float64',
  'string',
])

/** The graph's values as specs; a free dimension, named or not, is null. */
export function specsOf(role: string, metadata: readonly InferenceSession.ValueMetadata[]): readonly TensorSpec[] {
  return metadata.map((value) => {
    if (!value.isTensor) throw new SlipwayError('ARTIFACT_UNSUPPORTED', `${role} \`${value.name}\` is not a tensor`)
    if (!dtypes.has(value.type)) throw new SlipwayError('ARTIFACT_UNSUPPORTED', `${role} \`${value.name}\` is a tensor of ${value.type}`)
    return { name: value.name, dtype: value.type as DType, shape: value.shape.map((size) => (typeof size === 'number' ? size : null)) }
  })
}

/**
 * What the native binding reads of a tensor, without the checks and copies of onnxruntime's Tensor class. The data may be a view into
 * a larger buffer. The engine trusts the length of longer data and cuts a text at its first NUL, so both are refused here.
 */
export function toOrt(spec: TensorSpec, tensor: Tensor | undefined): OnnxValue {
  if (tensor === undefined) throw new SlipwayError('RUN_FAILED', `input \`${spec.name}\` (${describeTensor(spec)}) is missing`)
  const { dtype, shape, data } = tensor
  if (data.length !== elementCount(shape)) {
    throw new SlipwayError('RUN_FAILED', `input \`${spec.name}\` has ${data.length} elements for the shape [${shape.join(',')}]`)
  }
  if (dtype === 'string' && (data as readonly string[]).some((text) => text.includes('\0'))) {
    throw new SlipwayError('RUN_FAILED', `input \`${spec.name}\` has a text with a NUL character, which ONNX Runtime cannot take`)
  }
  return { type: dtype, data, dims: shape, location: 'cpu' } as unknown as OnnxValue
}

/** The engine's results as slipway's tensors. */
export function fromOrt(results: InferenceSession.OnnxValueMapType): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {}
  for (const name in results) {
    const { type, data, dims } = results[name]!
    tensors[name] = {
      dtype: type as DType,
      shape: dims,
      data: type === 'float16' ? rawBits(data as ArrayBufferView) : data,
    }
  }
  return tensors
}

/** Where the runtime has Float16Array the engine gives one; the bits are what slipway's float16 is. */
function rawBits(data: ArrayBufferView): Uint16Array {
  return data instanceof Uint16Array ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
}
