import type { DType } from '../../../core/dtype.js'
import { ElementBuffer } from '../../../core/element-buffer.js'
import { SlipwayError } from '../../../core/errors.js'
import type { Field } from '../../../core/field.js'
import type { JsonReader } from '../../../core/json-reader.js'
import type { NestedElements } from '../../../core/json-elements.js'
import { base64Bytes, base64Text } from '../base64-text.js'

const nonFinite = { nonFinite: true } as const

/**
 * Reads the value of one field, exactly: 64-bit integers as bigints, a well-formed tensor as a typed array. `{"b64":"…"}` (TF Serving) is the
 * text, or the bytes of a uint8 tensor, that it encodes. Whether the value fits the field is for the frame builder to say.
 */
export function readFieldValue(reader: JsonReader, field: Field | null): unknown {
  switch (reader.peek()) {
    case 'number':
      return field?.kind === 'integer' ? readInteger(reader) : readDouble(reader)
    case 'array':
      return field?.kind === 'tensor' ? readTensor(reader, field.dtype, field.shape) : reader.value(nonFinite)
    case 'object':
      return decodeB64(reader.value(nonFinite), field)
    default:
      return reader.value(nonFinite)
  }
}

function readInteger(reader: JsonReader): number | bigint {
  const { position } = reader
  const whole = reader.integer(nonFinite)
  if (whole !== null) return whole
  reader.seek(position)
  return readDouble(reader)
}

function readDouble(reader: JsonReader): number {
  const value = reader.number(nonFinite)
  if (reader.overflowed) throw new SlipwayError('INPUT_RANGE', `a number is too large for a double, before byte ${reader.position}`)
  return value
}

/** Elements in storage of their own type; where they do not fit, plain arrays, from which the builder words its issue. */
function readTensor(reader: JsonReader, dtype: DType, shape: readonly (number | null)[]): unknown {
  const { position } = reader
  const buffer = new ElementBuffer(dtype, capacityOf(shape))
  const found = reader.elements(buffer)
  if (found.issue === null && fits(found, shape)) return buffer.view()
  if (found.issue?.code === 'INPUT_RANGE') throw new SlipwayError('INPUT_RANGE', found.issue.message)
  const end = reader.position
  reader.seek(position)
  const value = reader.value(nonFinite)
  reader.seek(end)
  return value
}

function capacityOf(shape: readonly (number | null)[]): number {
  return Math.min(shape.reduce<number>((product, size) => product * (size ?? 16), 1) || 1, 65_536)
}

/** Nested as the field's shape says, or flat where the shape is fixed: then a flat storage says it all. */
function fits({ shape, ragged, count }: NestedElements, wanted: readonly (number | null)[]): boolean {
  if (ragged || (wanted.length > 1 && wanted.includes(null))) return false
  if (shape.length === wanted.length) return wanted.every((size, axis) => size === null || size === shape[axis])
  return shape.length === 1 && !wanted.includes(null) && count === wanted.reduce<number>((product, size) => product * (size ?? 0), 1)
}

/** What `{"b64":"…"}` stands for in a field; anything else as it is. */
export function decodeB64(value: unknown, field: Field | null): unknown {
  const entries = Object.entries(value as object)
  const [key, text] = entries[0] ?? []
  if (entries.length !== 1 || key !== 'b64' || typeof text !== 'string' || field === null || field.kind === 'schema') return value
  return field.kind === 'tensor' && field.dtype === 'uint8' ? new Uint8Array(base64Bytes(text)) : base64Text(text)
}
