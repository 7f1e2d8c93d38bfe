import type { MessageInitShape } from '@bufbuild/protobuf'
import { datatypeOf, inputSpecs, outputSpecs } from '../../core/oip.js'
import type { TensorSpec } from '../../core/tensor.js'
import type { DataPlane, ServedModel } from '../../serving/data-plane.js'
import { DataType, ModelInstanceGroup_Kind } from './proto/model_config_pb.js'
import type { ModelConfigSchema } from './proto/model_config_pb.js'
import type { ModelMetadataResponse_TensorMetadataSchema, ModelMetadataResponseSchema } from './proto/open_inference_pb.js'

const largestInt32 = 2_147_483_647

/** The answer of ModelMetadata. */
export function modelMetadata(plane: DataPlane, { info }: ServedModel): MessageInitShape<typeof ModelMetadataResponseSchema> {
  return {
    name: info.name,
    versions: plane.versions(info.name).map((served) => served.info.version),
    platform: 'onnx_onnxv1',
    inputs: inputSpecs(info.signature).map(tensorMetadata),
    outputs: outputSpecs(info.signature).map(tensorMetadata),
  }
}

function tensorMetadata(spec: TensorSpec): MessageInitShape<typeof ModelMetadataResponse_TensorMetadataSchema> {
  return { name: spec.name, datatype: datatypeOf(spec.dtype), shape: spec.shape.map((size) => BigInt(size ?? -1)) }
}

/** The parts of Triton's model configuration that slipway has an answer for. */
export function modelConfig({ info }: ServedModel): MessageInitShape<typeof ModelConfigSchema> {
  return {
    name: info.name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    versionPolicy: { policyChoice: { case: 'specific', value: { versions: [BigInt(info.version)] } } },
    maxBatchSize: Math.min(info.maxBatchRows, largestInt32),
    input: inputSpecs(info.signature).map((spec) => ({
      ...tensorConfig(spec),
      optional: info.signature.input[spec.name]?.optional === true || info.rowPolicy.gatherable.has(spec.name),
    })),
    output: outputSpecs(info.signature).map(tensorConfig),
    schedulingChoice: { case: 'dynamicBatching', value: { maxQueueDelayMicroseconds: 0n } },
    instanceGroup: [{ name: info.name, kind: ModelInstanceGroup_Kind.CPU, count: 1 }],
    defaultModelFilename: 'model.onnx',
    parameters: {
      engine: { stringValue: info.engine },
      isolation: { stringValue: info.isolation },
      digest: { stringValue: info.digest },
    },
  }
}

/** Without the batch dimension: `max_batch_size` stands for it. */
function tensorConfig(spec: TensorSpec): { name: string; dataType: DataType; dims: bigint[] } {
  const datatype = datatypeOf(spec.dtype)
  const dataType = DataType[`TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}` as keyof typeof DataType]
  return { name: spec.name, dataType, dims: spec.shape.slice(1).map((size) => BigInt(size ?? -1)) }
}
