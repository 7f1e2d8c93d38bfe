import type { DType } from '../../../core/dtype.js'
import { inputSpecs, outputSpecs } from '../../../core/oip.js'
import type { TensorSpec } from '../../../core/tensor.js'
import type { ModelState, ServedModel } from '../../../serving/data-plane.js'

/** Names of tensorflow/core/framework/types.proto. */
const dtypes: Readonly<Record<DType, string>> = {
  bool: 'DT_BOOL',
  uint8: 'DT_UINT8',
  uint16: 'DT_UINT16',
  uint32: 'DT_UINT32',
  uint64: 'DT_UINT64',
  int8: 'DT_INT8',
  int16: 'DT_INT16',
  int32: 'DT_INT32',
  int64: 'DT_INT64',
  float16: 'DT_HALF',
  bfloat16: 'DT_BFLOAT16',
  float32: 'DT_FLOAT',
  float64: 'DT_DOUBLE',
  string: 'DT_STRING',
}

/** The one signature that slipway offers under TF Serving's default name. */
export const signatureName = 'serving_default'

/** `GET …/metadata`: GetModelMetadataResponse as JSON. */
export function servingMetadata({ info }: ServedModel): object {
  return {
    model_spec: { name: info.name, signature_name: '', version: info.version },
    metadata: {
      signature_def: {
        signature_def: {
          [signatureName]: {
            inputs: Object.fromEntries(inputSpecs(info.signature).map(tensorInfo)),
            outputs: Object.fromEntries(outputSpecs(info.signature).map(tensorInfo)),
            method_name: 'tensorflow/serving/predict',
          },
        },
      },
    },
  }
}

function tensorInfo({ name, dtype, shape }: TensorSpec): [string, object] {
  const dim = shape.map((size) => ({ size: String(size ?? -1), name: '' }))
  return [name, { dtype: dtypes[dtype], tensor_shape: { dim, unknown_rank: false }, name }]
}

const states: Readonly<Record<ModelState, string>> = {
  UNKNOWN: 'UNKNOWN',
  READY: 'AVAILABLE',
  UNAVAILABLE: 'END',
  LOADING: 'LOADING',
  UNLOADING: 'UNLOADING',
}

/** One entry of `model_version_status`. */
export function versionStatus(version: string, state: ModelState): object {
  return { version, state: states[state], status: { error_code: state === 'UNAVAILABLE' ? 'UNAVAILABLE' : 'OK', error_message: '' } }
}
