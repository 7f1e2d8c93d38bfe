import { inputSpecs, outputSpecs, datatypeOf } from '../../../core/oip.js'
import type { TensorSpec } from '../../../core/tensor.js'
import type { DataPlane, ServedModel } from '../../../serving/data-plane.js'

/** `GET /v2/models/{m}`. */
export function modelMetadata(plane: DataPlane, model: ServedModel): object {
  const { info } = model
  return {
    name: info.name,
    versions: plane.versions(info.name).map((served) => served.info.version),
    platform: 'onnx_onnxv1',
    inputs: inputSpecs(info.signature).map(tensorMetadata),
    outputs: outputSpecs(info.signature).map(tensorMetadata),
    properties: { digest: info.digest, version: info.version, engine: info.engine, aliases: info.aliases.join(',') },
  }
}

function tensorMetadata(spec: TensorSpec): object {
  return { name: spec.name, datatype: datatypeOf(spec.dtype), shape: spec.shape.map((size) => size ?? -1) }
}

/** `GET …/config`: the parts of Triton's ModelConfig that slipway has an answer for (T:docs/protocol/extension_model_configuration.md). */
export function modelConfig(model: ServedModel): object {
  const { info } = model
  return {
    name: info.name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    runtime: info.engine,
    version_policy: { latest: { num_versions: 1 } },
    max_batch_size: info.maxBatchRows,
    input: inputSpecs(info.signature).map((spec) => ({
      ...tensorConfig(spec),
      optional: info.signature.input[spec.name]?.optional === true || info.rowPolicy.gatherable.has(spec.name),
    })),
    output: outputSpecs(info.signature).map(tensorConfig),
    dynamic_batching: { preferred_batch_size: [], max_queue_delay_microseconds: 0 },
    instance_group: [{ name: info.name, kind: 'KIND_CPU', count: 1, gpus: [], profile: [] }],
    default_model_filename: 'model.onnx',
    parameters: { isolation: { string_value: info.isolation }, digest: { string_value: info.digest } },
  }
}

/** Without the batch dimension: `max_batch_size` stands for it. */
function tensorConfig(spec: TensorSpec): object {
  const datatype = datatypeOf(spec.dtype)
  return {
    name: spec.name,
    data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`,
    dims: spec.shape.slice(1).map((size) => size ?? -1),
  }
}
