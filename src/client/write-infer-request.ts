import { SlipwayError } from '../core/errors.js'
import { encodeRaw } from '../core/oip.js'
import type { Tensor } from '../core/tensor.js'
import type { Datatype } from '../core/oip.js'
import { packByteElements } from './byte-elements.js'
import { inputDatatype } from './datatype.js'
import { checkCount, inputTensor } from './input-tensor.js'
import { jsonText, numbersText } from './json-text.js'
import type { NonFinite } from './json-text.js'
import type { InferInput, InferRequest, Parameters, RequestedOutput } from './tensors.js'

/** An inference request as it is sent. */
export interface InferBody {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer>
}

/**
 * Writes a request of the Open Inference Protocol: JSON, behind which binary inputs follow in order, if there are any (Triton's binary data
 * extension). Throws a SlipwayError for an input that contradicts itself.
 */
export function writeInferRequest(request: InferRequest, nonFinite: NonFinite): InferBody {
  const sections: Uint8Array[] = []
  const inputs = request.inputs.map((input) => writeInput(input, request.binary === true, { nonFinite, sections }))
  const members = [
    request.id === undefined ? null : `"id":${JSON.stringify(request.id)}`,
    parametersMember(requestParameters(request), nonFinite),
    `"inputs":[${inputs.join(',')}]`,
    request.outputs === undefined ? null : `"outputs":[${request.outputs.map((output) => writeOutput(output, nonFinite)).join(',')}]`,
  ]
  const json = `{${members.filter((member) => member !== null).join(',')}}`
  return sections.length === 0 ? { headers: { 'content-type': 'application/json' }, body: json } : withSections(json, sections)
}

function withSections(json: string, sections: readonly Uint8Array[]): InferBody {
  const header = new TextEncoder().encode(json)
  const body = new Uint8Array(sections.reduce((size, section) => size + section.length, header.length))
  body.set(header)
  let at = header.length
  for (const section of sections) {
    body.set(section, at)
    at += section.length
  }
  return { headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header.length) }, body }
}

interface Writer {
  readonly nonFinite: NonFinite
  readonly sections: Uint8Array[]
}

function writeInput(input: InferInput, binaryRequest: boolean, { nonFinite, sections }: Writer): string {
  const { datatype, dtype } = inputDatatype(input)
  const raw = isByteElements(input.data)
  const binary = raw || dtype === 'float16' || dtype === 'bfloat16' || (input.binary ?? binaryRequest)
  if (raw) return writeRaw(input, datatype, { nonFinite, sections })
  const tensor = inputTensor(input, dtype)
  if (!binary) return inputText(input, datatype, input.parameters ?? {}, nonFinite, `"data":${elementsText(tensor, nonFinite)}`)
  const section = encodeRaw(tensor)
  sections.push(section)
  return inputText(input, datatype, { ...input.parameters, binary_data_size: section.length }, nonFinite)
}

function writeRaw(input: InferInput, datatype: Datatype, { nonFinite, sections }: Writer): string {
  if (datatype !== 'BYTES')
    throw new SlipwayError('INPUT_DATATYPE', `input '${input.name}': bytes are elements of BYTES, not of ${datatype}`)
  checkCount(input)
  const section = packByteElements(input.data as readonly Uint8Array[])
  sections.push(section)
  return inputText(input, datatype, { ...input.parameters, binary_data_size: section.length }, nonFinite)
}

function isByteElements(data: InferInput['data']): boolean {
  return Array.isArray(data) && (data as readonly unknown[])[0] instanceof Uint8Array
}

function inputText(
  input: InferInput,
  datatype: Datatype,
  parameters: Parameters,
  nonFinite: NonFinite,
  data: string | null = null,
): string {
  const members = [
    `"name":${JSON.stringify(input.name)}`,
    `"shape":${JSON.stringify(input.shape)}`,
    `"datatype":"${datatype}"`,
    parametersMember(parameters, nonFinite),
    data,
  ]
  return `{${members.filter((member) => member !== null).join(',')}}`
}

function elementsText(tensor: Tensor, nonFinite: NonFinite): string {
  if (tensor.dtype === 'string') return JSON.stringify(tensor.data)
  if (tensor.dtype === 'bool') return `[${Array.from(tensor.data as Uint8Array, (value) => value !== 0).join(',')}]`
  return numbersText(tensor.data as Float64Array, nonFinite)
}

/** Outputs that do not say for themselves follow the request. */
function requestParameters(request: InferRequest): Parameters {
  return request.binary === true ? { binary_data_output: true, ...request.parameters } : { ...request.parameters }
}

function writeOutput(output: string | RequestedOutput, nonFinite: NonFinite): string {
  if (typeof output === 'string') return `{"name":${JSON.stringify(output)}}`
  const parameters = {
    ...output.parameters,
    ...(output.binary === undefined ? {} : { binary_data: output.binary }),
    ...(output.classification === undefined ? {} : { classification: output.classification }),
  }
  const members = [`"name":${JSON.stringify(output.name)}`, parametersMember(parameters, nonFinite)]
  return `{${members.filter((member) => member !== null).join(',')}}`
}

function parametersMember(parameters: Parameters, nonFinite: NonFinite): string | null {
  return Object.keys(parameters).length === 0 ? null : `"parameters":${jsonText(parameters, nonFinite)}`
}
