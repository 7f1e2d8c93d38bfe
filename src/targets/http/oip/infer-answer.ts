import type { NonFiniteDialect } from '../../../core/json-writer.js'
import { elementsText, stringText } from '../../../core/json-writer.js'
import type { NamedTensor } from '../../../core/oip.js'
import { columnToTensor, datatypeOf, encodeRaw } from '../../../core/oip.js'
import type { Fields } from '../../../core/field.js'
import type { Reply } from '../../../serving/data-plane.js'
import { bestClasses } from '../../../serving/classification.js'
import { labelsOf, predictionIds, sourcesOf } from '../../../serving/reply.js'
import { refuseOutput } from '../../../serving/triton.js'
import type { InferRequest, RequestedOutput } from './infer-request.js'

/** An inference answer: JSON, and the raw tensors that follow it; none for an answer that is JSON alone. */
export interface InferAnswer {
  readonly json: string
  readonly sections: readonly Uint8Array[]
}

interface AnswerStyle {
  readonly outputs: Fields
  readonly nonFinite: NonFiniteDialect
  /** Every output binary, as after a raw request. */
  readonly allBinary: boolean
}

/** Writes the answer of a request: outputs in the order asked for, all in signature order when none was named. */
export function inferAnswer(reply: Reply, request: InferRequest, style: AnswerStyle): InferAnswer {
  const wanted = request.outputs ?? Object.keys(style.outputs).map((name): RequestedOutput => ({ name, binary: null, classes: 0 }))
  const binaryDefault = style.allBinary || request.parameters['binary_data_output'] === true
  const sections: Uint8Array[] = []
  const outputs = wanted.map((output) => {
    const { name, tensor } = outputTensor(reply, output, style.outputs)
    const { data, dtype, shape } = tensor
    const head = `{"name":${stringText(name)},"datatype":"${datatypeOf(dtype)}","shape":[${shape.join(',')}]`
    if (!(output.binary ?? binaryDefault))
      return `${head},"data":[${elementsText(data, dtype, { start: 0, end: data.length, nonFinite: style.nonFinite })}]}`
    const bytes = encodeRaw(tensor)
    sections.push(bytes)
    return `${head},"parameters":{"binary_data_size":${bytes.length}}}`
  })
  return { json: `${headText(reply, request)},"outputs":[${outputs.join(',')}]}`, sections }
}

/** KServe's response type wants an `id`: the prediction's where the client gave none. */
function headText(reply: Reply, request: InferRequest): string {
  const { model } = reply.prediction
  const ids = predictionIds(reply)
  const parameters = [`"slipway_prediction_id":${stringText(ids)}`, `"slipway_source":${stringText(sourcesOf(reply).join(','))}`]
  const labels = labelsOf(reply)
  if (labels.length > 0) parameters.push(`"slipway_codes":${stringText(labels.join(','))}`)
  return `{"model_name":${stringText(model.name)},"model_version":${stringText(model.version)},"id":${stringText(request.id ?? ids)},"parameters":{${parameters.join(',')}}`
}

function outputTensor(reply: Reply, { name, classes }: RequestedOutput, outputs: Fields): NamedTensor {
  const field = Object.hasOwn(outputs, name) ? outputs[name]! : null
  const column = field === null ? undefined : reply.prediction.frame.columns[name]
  if (field === null || column === undefined) refuseOutput(name, reply.prediction.model.name)
  const tensor = columnToTensor(column, reply.start, reply.count)
  const labels = field.kind === 'tensor' ? field.labels : undefined
  return { name, tensor: classes === 0 ? tensor : bestClasses(tensor, classes, labels ?? null) }
}

/** Throws OUTPUT_UNKNOWN for an output that the model lacks, before anything runs. */
export function checkOutputs(request: InferRequest, outputs: Fields, model: string): void {
  for (const { name } of request.outputs ?? []) if (!Object.hasOwn(outputs, name)) refuseOutput(name, model)
}
