import { SlipwayError } from '../../../core/errors.js'
import { createJsonReader } from '../../../core/json-reader.js'
import type { JsonLimits, JsonReader } from '../../../core/json-reader.js'
import type { NamedTensor } from '../../../core/oip.js'
import { BinarySection } from './binary-section.js'
import type { OipParameters } from './parameters.js'
import { integerParameter, readParameters, refuseSharedMemory } from './parameters.js'
import { readInputTensor } from './read-input.js'

/** One output that a request asks for. */
export interface RequestedOutput {
  readonly name: string
  /** As raw bytes behind the JSON; null where the request as a whole says. */
  readonly binary: boolean | null
  /** Answer with the best classes instead of the tensor: how many; 0 for the tensor. */
  readonly classes: number
}

/** An inference request, read and checked for its form. */
export interface InferRequest {
  readonly id: string | null
  readonly parameters: OipParameters
  readonly inputs: readonly NamedTensor[]
  /** Null for all. */
  readonly outputs: readonly RequestedOutput[] | null
}

/**
 * Reads `{"id","parameters","inputs","outputs"}`, and the tensors that follow the JSON as raw bytes (T:docs/protocol/extension_binary_data.md).
 * Other keys are tolerated: Triton's own examples send `model_name`.
 */
export function readInferRequest(body: Uint8Array, jsonBytes: number, limits: JsonLimits): InferRequest {
  const reader = createJsonReader(body.subarray(0, jsonBytes), limits)
  const binary = new BinarySection(body.subarray(jsonBytes))
  let id: string | null = null
  let parameters: OipParameters = {}
  let inputs: readonly NamedTensor[] | null = null
  let outputs: readonly RequestedOutput[] | null = null
  if (reader.peek() !== 'object') reader.fail('an inference request is an object', 'INVALID_REQUEST')
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key === 'inputs') inputs = readInputs(reader, { body, limits, binary, again: inputs !== null })
    else if (key === 'outputs') outputs = readOutputs(reader)
    else if (key === 'parameters') parameters = readParameters(reader)
    else if (key === 'id') id = readId(reader)
    else reader.skip()
  }
  reader.end()
  binary.end()
  if (inputs === null) throw new SlipwayError('INVALID_REQUEST', 'the request lacks `inputs`')
  return { id, parameters, inputs, outputs }
}

function readId(reader: JsonReader): string | null {
  const token = reader.peek()
  if (token === 'string') return reader.string()
  if (token === 'number') return reader.rawNumber()
  if (token !== 'null') reader.fail('`id` is a text', 'INVALID_REQUEST')
  reader.null()
  return null
}

interface InputSource {
  readonly body: Uint8Array
  readonly limits: JsonLimits
  readonly binary: BinarySection
  /** `inputs` came already. */
  readonly again: boolean
}

function readInputs(reader: JsonReader, source: InputSource): readonly NamedTensor[] {
  if (source.again) throw new SlipwayError('INPUT_DUPLICATE', '`inputs` is given twice')
  if (reader.peek() !== 'array') reader.fail('`inputs` is a list', 'INVALID_REQUEST')
  const inputs: NamedTensor[] = []
  const names = new Set<string>()
  reader.beginArray()
  while (reader.nextItem()) {
    const input = readInputTensor(reader, source)
    if (names.has(input.name)) throw new SlipwayError('INPUT_DUPLICATE', `input '${input.name}' already exists in request`)
    names.add(input.name)
    inputs.push(input)
  }
  return inputs
}

function readOutputs(reader: JsonReader): readonly RequestedOutput[] | null {
  if (reader.peek() === 'null') {
    reader.null()
    return null
  }
  if (reader.peek() !== 'array') reader.fail('`outputs` is a list', 'INVALID_REQUEST')
  const outputs: RequestedOutput[] = []
  const names = new Set<string>()
  reader.beginArray()
  while (reader.nextItem()) {
    const output = readOutput(reader)
    if (names.has(output.name)) throw new SlipwayError('INVALID_REQUEST', `output '${output.name}' already exists in request`)
    names.add(output.name)
    outputs.push(output)
  }
  return outputs.length === 0 ? null : outputs
}

function readOutput(reader: JsonReader): RequestedOutput {
  let name: string | null = null
  let parameters: OipParameters = {}
  if (reader.peek() !== 'object') reader.fail('an output is an object with a `name`', 'INVALID_REQUEST')
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key === 'name')
      name = reader.peek() === 'string' ? reader.string() : reader.fail('the name of an output is a text', 'INVALID_REQUEST')
    else if (key === 'parameters') parameters = readParameters(reader)
    else reader.skip()
  }
  if (name === null) throw new SlipwayError('INVALID_REQUEST', 'an output has no `name`')
  refuseSharedMemory(parameters, 'output', name)
  const binary = parameters['binary_data']
  return { name, binary: typeof binary === 'boolean' ? binary : null, classes: integerParameter(parameters, 'classification') ?? 0 }
}
