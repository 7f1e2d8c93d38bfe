import { ElementBuffer } from '../core/element-buffer.js'
import { SlipwayError } from '../core/errors.js'
import { createJsonReader } from '../core/json-reader.js'
import type { JsonReader } from '../core/json-reader.js'
import { decodeRaw, dtypeOf } from '../core/oip.js'
import { elementCount } from '../core/tensor.js'
import type { Datatype } from '../core/oip.js'
import { unpackByteElements } from './byte-elements.js'
import { readJson, responseLimits } from './read-json.js'
import type { InferOutput, InferRequest, InferResponse, Parameters } from './tensors.js'
import type { WireResponse } from './transport.js'

/** Reads an answer of the Open Inference Protocol: JSON, and the binary outputs behind it. Throws INVALID_REQUEST for anything else. */
export function readInferResponse(response: WireResponse, request: InferRequest): InferResponse {
  const { bytes } = response
  const headerBytes = response.header('inference-header-content-length')
  const jsonBytes = headerBytes === null ? bytes.length : Number(headerBytes)
  const reader = createJsonReader(bytes.subarray(0, jsonBytes), responseLimits)
  const binary = { bytes, at: jsonBytes }
  const parts = readResponseParts(reader, bytes)
  const outputs = parts.outputs.map((output) => finishOutput(output, binary, request.bytes ?? 'text'))
  return {
    modelName: textOr(parts.members['model_name'], ''),
    modelVersion: textOr(parts.members['model_version'], null),
    id: textOr(parts.members['id'], null),
    parameters: (parts.members['parameters'] ?? {}) as Parameters,
    outputs,
    output: (name) => outputNamed(outputs, name),
  }
}

interface ResponseParts {
  readonly members: Readonly<Record<string, unknown>>
  readonly outputs: readonly OutputParts[]
}

/** An output whose data, where it stands in the JSON, waits for its datatype to be known. */
interface OutputParts {
  readonly members: Readonly<Record<string, unknown>>
  readonly data: JsonReader | null
}

function readResponseParts(reader: JsonReader, bytes: Uint8Array): ResponseParts {
  if (reader.peek() !== 'object') throw badResponse('it is no object')
  const members: Record<string, unknown> = {}
  let outputs: readonly OutputParts[] | null = null
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key === 'outputs' && reader.peek() === 'array') outputs = readOutputs(reader, bytes)
    else members[key] = readJson(reader)
  }
  if (outputs === null) throw badResponse('it has no list of outputs')
  return { members, outputs }
}

function readOutputs(reader: JsonReader, bytes: Uint8Array): readonly OutputParts[] {
  const outputs: OutputParts[] = []
  reader.beginArray()
  while (reader.nextItem()) {
    const members: Record<string, unknown> = {}
    let data: JsonReader | null = null
    reader.beginObject()
    for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
      if (key === 'data') data = skipData(reader, bytes)
      else members[key] = readJson(reader)
    }
    outputs.push({ members, data })
  }
  return outputs
}

function skipData(reader: JsonReader, bytes: Uint8Array): JsonReader {
  const { position } = reader
  reader.skip({ nonFinite: true })
  return createJsonReader(bytes.subarray(position, reader.position), responseLimits)
}

interface BinarySection {
  readonly bytes: Uint8Array
  at: number
}

function finishOutput({ members, data }: OutputParts, binary: BinarySection, bytesAs: 'text' | 'bytes'): InferOutput {
  const name = textOr(members['name'], '')
  const datatype = textOr(members['datatype'], '') as Datatype
  const shape = members['shape'] as readonly number[]
  const parameters = (members['parameters'] ?? {}) as Parameters
  if (dtypeOf(datatype) === null || !Array.isArray(shape)) throw badResponse(`output '${name}' has no datatype or shape`)
  const size = parameters['binary_data_size']
  const about = { name, datatype, shape }
  if (typeof size === 'number') return { ...about, parameters, data: binaryData(takeSection(binary, size, name), about, bytesAs) }
  if (data === null) throw badResponse(`output '${name}' has no data`)
  return { ...about, parameters, data: jsonData(data, about, bytesAs) }
}

type About = Pick<InferOutput, 'name' | 'datatype' | 'shape'>

function takeSection(binary: BinarySection, size: number, name: string): Uint8Array {
  const section = binary.bytes.subarray(binary.at, binary.at + size)
  if (section.length !== size) throw badResponse(`output '${name}' is cut short`)
  binary.at += size
  return section
}

function binaryData(section: Uint8Array, { name, datatype, shape }: About, bytesAs: 'text' | 'bytes'): InferOutput['data'] {
  const dtype = dtypeOf(datatype)!
  if (dtype === 'string' && bytesAs === 'bytes') return unpackByteElements(section, elementCount(shape), name)
  return decodeRaw(section, dtype, shape).data
}

function jsonData(reader: JsonReader, { name, datatype, shape }: About, bytesAs: 'text' | 'bytes'): InferOutput['data'] {
  const buffer = new ElementBuffer(dtypeOf(datatype)!, Math.max(1, elementCount(shape)))
  const { issue } = reader.elements(buffer)
  if (issue !== null) throw badResponse(`output '${name}': ${issue.message}`)
  if (buffer.length !== elementCount(shape)) throw badResponse(`output '${name}' has ${buffer.length} elements, not those of its shape`)
  const data = buffer.view()
  return bytesAs === 'bytes' && Array.isArray(data) ? data.map((text) => new TextEncoder().encode(text)) : data
}

function outputNamed(outputs: readonly InferOutput[], name: string): InferOutput {
  const output = outputs.find((each) => each.name === name)
  if (output !== undefined) return output
  throw new SlipwayError(
    'OUTPUT_UNKNOWN',
    `the answer has no output '${name}'; it has ${outputs.map((each) => `'${each.name}'`).join(', ')}`,
  )
}

function badResponse(reason: string): SlipwayError {
  return new SlipwayError('INVALID_REQUEST', `the answer is not one of the Open Inference Protocol: ${reason}`)
}

function textOr<T extends string | null>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise
}
