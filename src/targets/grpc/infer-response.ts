import type { MessageInitShape } from '@bufbuild/protobuf'
import { SlipwayError } from '../../core/errors.js'
import type { Fields } from '../../core/field.js'
import { columnToTensor, datatypeOf, encodeRaw } from '../../core/oip.js'
import type { Tensor } from '../../core/tensor.js'
import type { Reply, ServedModel } from '../../serving/data-plane.js'
import { bestClasses } from '../../serving/classification.js'
import { labelsOf, predictionIds, sourcesOf } from '../../serving/reply.js'
import { refuseOutput } from '../../serving/triton.js'
import type { InferParameter, InferParameterSchema, ModelInferRequest, ModelInferResponseSchema } from './proto/open_inference_pb.js'
import { refuseSharedMemory } from './read-inputs.js'

/** An output asked for. */
export interface RequestedOutput {
  readonly name: string
  /** Answer with the best classes instead of the tensor: how many; 0 for the tensor. */
  readonly classes: number
}

/** The outputs that a request asks for, in its order; every output when it names none. Throws OUTPUT_UNKNOWN. */
export function requestedOutputs(request: ModelInferRequest, model: ServedModel): readonly RequestedOutput[] {
  const known = model.info.signature.output
  if (request.outputs.length === 0) return Object.keys(known).map((name) => ({ name, classes: 0 }))
  const names = new Set<string>()
  return request.outputs.map(({ name, parameters }) => {
    if (names.has(name)) throw new SlipwayError('INVALID_REQUEST', `output '${name}' already exists in request`)
    names.add(name)
    if (!Object.hasOwn(known, name)) refuseOutput(name, model.info.name)
    refuseSharedMemory(parameters, `output '${name}'`)
    return { name, classes: classesOf(parameters['classification'], name) }
  })
}

function classesOf(parameter: InferParameter | undefined, output: string): number {
  const { case: kind, value } = parameter?.parameterChoice ?? { case: undefined, value: undefined }
  if (kind === undefined) return 0
  if ((kind === 'int64Param' || kind === 'uint64Param') && value > 0n && value < 2n ** 31n) return Number(value)
  throw new SlipwayError('INVALID_REQUEST', `the parameter \`classification\` of output '${output}' is a whole number above 0`)
}

/** The answer, its tensors as raw contents: what every client reads, and views of the prediction's columns until they are serialised. */
export function inferResponse(
  id: string,
  outputs: readonly RequestedOutput[],
  reply: Reply,
  fields: Fields,
): MessageInitShape<typeof ModelInferResponseSchema> {
  const { model } = reply.prediction
  const tensors = outputs.map((output) => outputTensor(output, reply, fields))
  return {
    modelName: model.name,
    modelVersion: model.version,
    id,
    parameters: replyParameters(reply),
    outputs: tensors.map(({ dtype, shape }, index) => ({
      name: outputs[index]!.name,
      datatype: datatypeOf(dtype),
      shape: shape.map(BigInt),
    })),
    rawOutputContents: tensors.map(encodeRaw),
  }
}

function outputTensor({ name, classes }: RequestedOutput, { prediction, start, count }: Reply, fields: Fields): Tensor {
  const tensor = columnToTensor(prediction.frame.columns[name]!, start, count)
  if (classes === 0) return tensor
  const field = fields[name]
  return bestClasses(tensor, classes, field?.kind === 'tensor' ? (field.labels ?? null) : null)
}

/** Who answered, under which ids, and what the guards noted: what the HTTP server puts into headers. */
function replyParameters(reply: Reply): Record<string, MessageInitShape<typeof InferParameterSchema>> {
  const parameters = {
    slipway_prediction_id: text(predictionIds(reply)),
    slipway_source: text(sourcesOf(reply).join(',')),
  }
  const codes = labelsOf(reply)
  return codes.length === 0 ? parameters : { ...parameters, slipway_codes: text(codes.join(',')) }
}

function text(value: string): MessageInitShape<typeof InferParameterSchema> {
  return { parameterChoice: { case: 'stringParam', value } }
}
