import type { MessageInitShape } from '@bufbuild/protobuf'
import { columnToTensor } from '../../core/column-tensor.js'
import { SlipwayError } from '../../core/errors.js'
import { datatypeOf } from '../../core/oip.js'
import { encodeRaw } from '../../core/raw-tensor.js'
import type { Reply, ServedModel } from '../../serving/data-plane.js'
import type { InferParameterSchema, ModelInferRequest, ModelInferResponseSchema } from './proto/open_inference_pb.js'
import { refuseSharedMemory } from './read-inputs.js'
import { codesOf, sourcesOf } from './refusal.js'

/** Names of the outputs that a request asks for, in its order; every output when it names none. Throws OUTPUT_UNKNOWN. */
export function requestedOutputs(request: ModelInferRequest, model: ServedModel): readonly string[] {
  const known = model.info.signature.output
  if (request.outputs.length === 0) return Object.keys(known)
  const names = new Set<string>()
  for (const { name, parameters } of request.outputs) {
    if (names.has(name)) throw new SlipwayError('INVALID_REQUEST', `output '${name}' already exists in request`)
    if (!Object.hasOwn(known, name))
      throw new SlipwayError('OUTPUT_UNKNOWN', `unexpected inference output '${name}' for model '${model.info.name}'`)
    if (parameters['classification'] !== undefined) {
      throw new SlipwayError('UNSUPPORTED', 'the classification extension is offered over HTTP only; ask for the output itself')
    }
    refuseSharedMemory(parameters, `output '${name}'`)
    names.add(name)
  }
  return [...names]
}

/** The answer, its tensors as raw contents: what every client reads, and views of the prediction's columns until they are serialised. */
export function inferResponse(id: string, outputs: readonly string[], reply: Reply): MessageInitShape<typeof ModelInferResponseSchema> {
  const { prediction, start, count } = reply
  const tensors = outputs.map((name) => columnToTensor(prediction.frame.columns[name]!, start, count))
  return {
    modelName: prediction.model.name,
    modelVersion: prediction.model.version,
    id,
    parameters: replyParameters(reply),
    outputs: tensors.map(({ dtype, shape }, index) => ({ name: outputs[index]!, datatype: datatypeOf(dtype), shape: shape.map(BigInt) })),
    rawOutputContents: tensors.map(encodeRaw),
  }
}

/** Who answered, under which ids, and what the guards noted: what the HTTP server puts into headers. */
function replyParameters(reply: Reply): Record<string, MessageInitShape<typeof InferParameterSchema>> {
  const { prediction, start, count } = reply
  const first = `${prediction.idPrefix}-${start}`
  const parameters = {
    slipway_prediction_id: text(count > 1 ? `${first}..${prediction.idPrefix}-${start + count - 1}` : first),
    slipway_source: text(sourcesOf(reply).join(',')),
  }
  const codes = codesOf(reply)
  return codes.length === 0 ? parameters : { ...parameters, slipway_codes: text(codes.join(',')) }
}

function text(value: string): MessageInitShape<typeof InferParameterSchema> {
  return { parameterChoice: { case: 'stringParam', value } }
}
