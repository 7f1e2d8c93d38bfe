import type { DescFile, DescMessage } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { file_health } from './health_pb.js'
import { file_model_config } from './model_config_pb.js'
import { file_open_inference } from './open_inference_pb.js'

/** `Message: field=number …` for every message, as the public protocols number them; a map is written `<>`. */
const openInference = `
ServerLiveRequest:
ServerLiveResponse: live=1 bool
ServerReadyRequest:
ServerReadyResponse: ready=1 bool
ModelReadyRequest: name=1 string, version=2 string
ModelReadyResponse: ready=1 bool
ServerMetadataRequest:
ServerMetadataResponse: name=1 string, version=2 string, extensions=3 string[]
ModelMetadataRequest: name=1 string, version=2 string
ModelMetadataResponse: name=1 string, versions=2 string[], platform=3 string, inputs=4 TensorMetadata[], outputs=5 TensorMetadata[]
TensorMetadata: name=1 string, datatype=2 string, shape=3 int64[]
InferParameter: bool_param=1 bool, int64_param=2 int64, string_param=3 string, double_param=4 double, uint64_param=5 uint64
InferTensorContents: bool_contents=1 bool[], int_contents=2 int32[], int64_contents=3 int64[], uint_contents=4 uint32[], uint64_contents=5 uint64[], fp32_contents=6 float[], fp64_contents=7 double[], bytes_contents=8 bytes[]
ModelInferRequest: model_name=1 string, model_version=2 string, id=3 string, parameters=4 <InferParameter>, inputs=5 InferInputTensor[], outputs=6 InferRequestedOutputTensor[], raw_input_contents=7 bytes[]
InferInputTensor: name=1 string, datatype=2 string, shape=3 int64[], parameters=4 <InferParameter>, contents=5 InferTensorContents
InferRequestedOutputTensor: name=1 string, parameters=2 <InferParameter>
ModelInferResponse: model_name=1 string, model_version=2 string, id=3 string, parameters=4 <InferParameter>, outputs=5 InferOutputTensor[], raw_output_contents=6 bytes[]
InferOutputTensor: name=1 string, datatype=2 string, shape=3 int64[], parameters=4 <InferParameter>, contents=5 InferTensorContents
ModelStreamInferResponse: error_message=1 string, infer_response=2 ModelInferResponse
ModelConfigRequest: name=1 string, version=2 string
ModelConfigResponse: config=1 ModelConfig
ModelStatisticsRequest: name=1 string, version=2 string
StatisticDuration: count=1 uint64, ns=2 uint64
InferStatistics: success=1 StatisticDuration, fail=2 StatisticDuration, queue=3 StatisticDuration, compute_input=4 StatisticDuration, compute_infer=5 StatisticDuration, compute_output=6 StatisticDuration, cache_hit=7 StatisticDuration, cache_miss=8 StatisticDuration
InferBatchStatistics: batch_size=1 uint64, compute_input=2 StatisticDuration, compute_infer=3 StatisticDuration, compute_output=4 StatisticDuration
ModelStatistics: name=1 string, version=2 string, last_inference=3 uint64, inference_count=4 uint64, execution_count=5 uint64, inference_stats=6 InferStatistics, batch_stats=7 InferBatchStatistics[]
ModelStatisticsResponse: model_stats=1 ModelStatistics[]
ModelRepositoryParameter: bool_param=1 bool, int64_param=2 int64, string_param=3 string, bytes_param=4 bytes
RepositoryIndexRequest: repository_name=1 string, ready=2 bool
RepositoryIndexResponse: models=1 ModelIndex[]
ModelIndex: name=1 string, version=2 string, state=3 string, reason=4 string
RepositoryModelLoadRequest: repository_name=1 string, model_name=2 string, parameters=3 <ModelRepositoryParameter>
RepositoryModelLoadResponse: model_name=1 string, isLoaded=2 bool
RepositoryModelUnloadRequest: repository_name=1 string, model_name=2 string, parameters=3 <ModelRepositoryParameter>
RepositoryModelUnloadResponse: model_name=1 string, isUnloaded=2 bool`

const modelConfig = `
ModelInput: name=1 string, data_type=2 DataType, dims=4 int64[], optional=8 bool
ModelOutput: name=1 string, data_type=2 DataType, dims=3 int64[]
ModelVersionPolicy: specific=3 Specific
Specific: versions=1 int64[]
ModelInstanceGroup: name=1 string, count=2 int32, kind=4 Kind
ModelDynamicBatching: max_queue_delay_microseconds=2 uint64
ModelParameter: string_value=1 string
ModelConfig: name=1 string, platform=2 string, version_policy=3 ModelVersionPolicy, max_batch_size=4 int32, input=5 ModelInput[], output=6 ModelOutput[], instance_group=7 ModelInstanceGroup[], default_model_filename=8 string, dynamic_batching=11 ModelDynamicBatching, parameters=14 <ModelParameter>, backend=17 string`

const health = `
HealthCheckRequest: service=1 string
HealthCheckResponse: status=1 ServingStatus`

const scalarNames: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'float',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
}

function typeName(field: DescMessage['fields'][number]): string {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarNames[field.scalar] ?? String(field.scalar)
    case 'enum':
      return field.enum.name
    case 'message':
      return field.message.name
    case 'map':
      return `<${field.message?.name ?? ''}>`
    case 'list':
      return `${field.message?.name ?? field.enum?.name ?? scalarNames[field.scalar ?? 0] ?? ''}[]`
  }
}

function messagesOf(messages: readonly DescMessage[]): readonly string[] {
  return messages.flatMap((message) => {
    const fields = message.fields.map((field) => `${field.name}=${field.number} ${typeName(field)}`)
    return [`${message.name}:${fields.map((field) => ` ${field}`).join(',')}`, ...messagesOf(message.nestedMessages)]
  })
}

function sorted(lines: readonly string[]): readonly string[] {
  return [...lines].sort()
}

test.each([
  ['the Open Inference Protocol and Triton', file_open_inference, openInference],
  ["Triton's model configuration", file_model_config, modelConfig],
  ['gRPC health checking', file_health, health],
] as const)('messages have the names, numbers and types of %s', (_, file: DescFile, table) => {
  expect(sorted(messagesOf(file.messages))).toEqual(sorted(table.trim().split('\n')))
})

test('the services have the paths that clients call', () => {
  const paths = [...file_open_inference.services, ...file_health.services].flatMap((service) =>
    service.methods.map((method) => `/${service.typeName}/${method.name} ${method.methodKind}`),
  )
  expect(sorted(paths)).toEqual(
    sorted([
      ...['ServerLive', 'ServerReady', 'ModelReady', 'ServerMetadata', 'ModelMetadata', 'ModelInfer', 'ModelConfig', 'ModelStatistics']
        .concat('RepositoryIndex', 'RepositoryModelLoad', 'RepositoryModelUnload')
        .map((name) => `/inference.GRPCInferenceService/${name} unary`),
      '/inference.GRPCInferenceService/ModelStreamInfer bidi_streaming',
      '/grpc.health.v1.Health/Check unary',
      '/grpc.health.v1.Health/Watch server_streaming',
    ]),
  )
})
