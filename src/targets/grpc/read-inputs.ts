import { allocate } from '../../core/dtype.js'
import { SlipwayError } from '../../core/errors.js'
import { decodeRaw, dtypeOf } from '../../core/oip.js'
import type { NamedTensor } from '../../core/oip.js'
import { elementCount } from '../../core/tensor.js'
import { elementsIn, typedData } from './contents.js'
import type { InferParameter, ModelInferRequest, ModelInferRequest_InferInputTensor } from './proto/open_inference_pb.js'

/** The input tensors of a request, from raw or typed contents. Raw ones are views into the received message wherever alignment allows. */
export function readInputs(request: ModelInferRequest): readonly NamedTensor[] {
  const { inputs, rawInputContents: raw } = request
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw new SlipwayError(
      'INVALID_REQUEST',
      `expected one entry of raw_input_contents an input, received ${raw.length} for ${inputs.length} inputs`,
    )
  }
  const names = new Set<string>()
  return inputs.map((input, index) => {
    if (names.has(input.name)) throw new SlipwayError('INPUT_DUPLICATE', `input '${input.name}' already exists in request`)
    names.add(input.name)
    return readInput(input, raw[index] ?? null)
  })
}

function readInput(input: ModelInferRequest_InferInputTensor, raw: Uint8Array | null): NamedTensor {
  const { name, contents } = input
  const dtype = dtypeOf(input.datatype)
  if (dtype === null)
    throw new SlipwayError('INPUT_DATATYPE', `input '${name}' has the datatype '${input.datatype}', which is none of the protocol`)
  refuseSharedMemory(input.parameters, `input '${name}'`)
  const shape = input.shape.map((size) => dimension(size, name))
  if (raw !== null) {
    if (contents !== undefined && elementsIn(contents) > 0) {
      throw new SlipwayError('INVALID_REQUEST', `contents field must not be specified when using raw_input_contents for input '${name}'`)
    }
    return { name, tensor: decodeRaw(raw, dtype, shape) }
  }
  const count = contents === undefined ? 0 : elementsIn(contents)
  if (count !== elementCount(shape)) {
    throw new SlipwayError(
      'INPUT_SHAPE',
      `input '${name}' has ${count} elements, its shape [${shape.join(',')}] wants ${elementCount(shape)}`,
    )
  }
  return { name, tensor: { dtype, shape, data: contents === undefined ? allocate(dtype, 0) : typedData(contents, dtype, name) } }
}

function dimension(size: bigint, input: string): number {
  if (size >= 0n && size <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(size)
  throw new SlipwayError('INPUT_SHAPE', `input '${input}': expected dimensions of 0 or more, received ${size}`)
}

/** Shared memory is not offered: reading foreign memory by name is how model servers were broken into. */
export function refuseSharedMemory(parameters: Readonly<Record<string, InferParameter>>, subject: string): void {
  if (parameters['shared_memory_region'] === undefined) return
  throw new SlipwayError('UNSUPPORTED', `shared memory is not offered; send the data of ${subject} in the request`)
}
