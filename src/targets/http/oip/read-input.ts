import { ElementBuffer } from '../../../core/element-buffer.js'
import { SlipwayError } from '../../../core/errors.js'
import { createJsonReader } from '../../../core/json-reader.js'
import type { JsonLimits, JsonReader } from '../../../core/json-reader.js'
import type { NamedTensor } from '../../../core/oip.js'
import { decodeRaw, dtypeOf } from '../../../core/oip.js'
import type { DType } from '../../../core/dtype.js'
import type { BinarySection } from './binary-section.js'
import { base64Text } from '../base64-text.js'
import type { OipParameters } from './parameters.js'
import { integerParameter, readParameters, refuseSharedMemory } from './parameters.js'

interface InputParts {
  name: string | null
  dtype: DType | null
  shape: readonly number[] | null
  parameters: OipParameters
  /** Read already, or where in the body it begins. */
  data: ElementBuffer | number | null
}

interface InputSource {
  readonly body: Uint8Array
  readonly limits: JsonLimits
  readonly binary: BinarySection
}

/** Reads one entry of `inputs`; its keys may come in any order, its data in the JSON or behind it. */
export function readInputTensor(reader: JsonReader, source: InputSource): NamedTensor {
  const parts: InputParts = { name: null, dtype: null, shape: null, parameters: {}, data: null }
  if (reader.peek() !== 'object') reader.fail('an input is an object', 'INVALID_REQUEST')
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) readPart(reader, key, parts)
  const { name, dtype, shape } = parts
  if (name === null) throw new SlipwayError('INVALID_REQUEST', 'an input has no `name`')
  if (dtype === null) throw new SlipwayError('INVALID_REQUEST', `input '${name}' has no \`datatype\``)
  if (shape === null) throw new SlipwayError('INVALID_REQUEST', `input '${name}' has no \`shape\``)
  refuseSharedMemory(parts.parameters, 'input', name)
  const count = countOf(shape, name, source.limits)
  return { name, tensor: { dtype, shape, data: dataOf(parts, { source, name, dtype, shape, count }) } }
}

function readPart(reader: JsonReader, key: string, parts: InputParts): void {
  switch (key) {
    case 'name':
      parts.name = reader.peek() === 'string' ? reader.string() : reader.fail('the name of an input is a text', 'INVALID_REQUEST')
      break
    case 'datatype':
      parts.dtype = readDatatype(reader, parts.name)
      break
    case 'shape':
      parts.shape = readShape(reader)
      break
    case 'parameters':
      parts.parameters = readParameters(reader)
      break
    case 'data':
      if (parts.data !== null) throw new SlipwayError('INPUT_DUPLICATE', `\`data\` of input '${parts.name ?? ''}' is given twice`)
      parts.data = parts.dtype === null ? skipData(reader) : readElements(reader, parts.dtype, parts)
      break
    default:
      reader.skip()
  }
}

function readDatatype(reader: JsonReader, input: string | null): DType {
  const text = reader.peek() === 'string' ? reader.string() : reader.fail('`datatype` is a text', 'INVALID_REQUEST')
  const dtype = dtypeOf(text)
  if (dtype !== null) return dtype
  throw new SlipwayError('INPUT_DATATYPE', `input '${input ?? ''}' has the datatype '${text}', which is none of the protocol`)
}

function readShape(reader: JsonReader): readonly number[] {
  const shape: number[] = []
  if (reader.peek() !== 'array') reader.fail('`shape` is a list of whole numbers', 'INVALID_REQUEST')
  reader.beginArray()
  while (reader.nextItem()) {
    const size = reader.peek() === 'number' ? reader.integer() : null
    if (typeof size !== 'number' || size < 0) reader.fail('`shape` is a list of whole numbers of 0 or more', 'INVALID_REQUEST')
    shape.push(size)
  }
  return shape
}

/** The reader stands before the data; where that is. */
function skipData(reader: JsonReader): number {
  const { position } = reader
  reader.skip({ nonFinite: true })
  return position
}

function readElements(reader: JsonReader, dtype: DType, { name, shape }: Pick<InputParts, 'name' | 'shape'>): ElementBuffer {
  const expected = shape === null ? 16 : shape.reduce((product, size) => product * size, 1)
  const buffer = new ElementBuffer(dtype, Math.min(Math.max(expected, 1), 65_536))
  const { issue } = reader.elements(buffer)
  if (issue !== null) throw new SlipwayError(issue.code, `input '${name ?? ''}': ${issue.message}`)
  return buffer
}

function countOf(shape: readonly number[], name: string, limits: JsonLimits): number {
  const count = shape.reduce((product, size) => product * size, 1)
  if (count <= limits.elements) return count
  if (!Number.isSafeInteger(count)) throw new SlipwayError('INPUT_SHAPE', `byte size overflow for input '${name}'`)
  throw new SlipwayError('TOO_MANY_ELEMENTS', `input '${name}' has ${count} elements, more than ${limits.elements}`)
}

interface Declared {
  readonly source: InputSource
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly count: number
}

function dataOf(parts: InputParts, declared: Declared): NamedTensor['tensor']['data'] {
  const { name, dtype, shape, count } = declared
  const size = integerParameter(parts.parameters, 'binary_data_size')
  if (size !== null) {
    if (parts.data !== null) throw new SlipwayError('INVALID_REQUEST', `input '${name}' has both \`data\` and \`binary_data_size\``)
    return decodeRaw(declared.source.binary.take(size, name), dtype, shape).data
  }
  if (parts.data === null) throw new SlipwayError('INVALID_REQUEST', `input '${name}' has no \`data\``)
  const buffer = typeof parts.data === 'number' ? readLater(parts.data, parts, declared) : parts.data
  if (buffer.length !== count) {
    throw new SlipwayError('INPUT_SHAPE', `input '${name}' has ${buffer.length} elements, its shape [${shape.join(',')}] wants ${count}`)
  }
  const data = buffer.view()
  return parts.parameters['content_type'] === 'base64' && dtype === 'string' ? (data as string[]).map(base64Text) : data
}

/** Reads data that came before its datatype. */
function readLater(position: number, parts: InputParts, { source: { body, limits }, dtype }: Declared): ElementBuffer {
  return readElements(createJsonReader(body.subarray(position), limits), dtype, parts)
}
