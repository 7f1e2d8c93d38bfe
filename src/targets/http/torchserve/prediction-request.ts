import { SlipwayError } from '../../../core/errors.js'
import type { JsonLimits } from '../../../core/json-reader.js'
import { createJsonReader } from '../../../core/json-reader.js'
import { decodeRaw } from '../../../core/oip.js'
import type { Field, TensorField } from '../../../core/field.js'
import { readList } from '../rows/read-columns.js'
import type { PlainRow, RowShape } from '../rows/read-instance.js'
import { emptyRow, fieldOf, readInstance } from '../rows/read-instance.js'
import { readFieldValue } from '../rows/read-value.js'
import { utf8Text } from '../utf8-text.js'
import type { Part } from './multipart.js'
import { readMultipart } from './multipart.js'

/** One row, answered by itself, or several, answered as a list. */
export interface PredictionRequest {
  readonly rows: readonly PlainRow[]
  readonly many: boolean
}

interface Content {
  readonly body: Buffer
  /** Lower case, with its parameters; null when none was sent. */
  readonly contentType: string | null
}

interface PredictionLimits extends JsonLimits {
  readonly parts: number
}

/** Reads what TorchServe's clients post: JSON, a text, the raw bytes of a tensor, or several of these as the parts of a form. */
export function readPrediction(content: Content, shape: RowShape, limits: PredictionLimits): PredictionRequest {
  if (content.contentType?.startsWith('multipart/form-data') !== true) return readContent(content, shape, limits)
  const parts = readMultipart(content.body, content.contentType, limits.parts)
  const [first] = parts
  if (first === undefined) throw new SlipwayError('INVALID_REQUEST', 'the form has no parts')
  if (parts.length === 1 && fieldOf(shape.fields, first.name) === null) return readContent(first, shape, limits)
  return { rows: [rowOfParts(parts, shape, limits)], many: false }
}

/** Parts named for the inputs of the model; `data` and the like only where there is one part. */
function rowOfParts(parts: readonly Part[], { fields }: RowShape, limits: PredictionLimits): PlainRow {
  const row = emptyRow()
  for (const part of parts) {
    if (part.name in row) throw new SlipwayError('INPUT_DUPLICATE', `the part \`${part.name}\` is given twice`)
    const field = fieldOf(fields, part.name)
    row[part.name] = field === null ? null : valueOf(part, field, limits)
  }
  return row
}

function readContent(content: Content, shape: RowShape, limits: PredictionLimits): PredictionRequest {
  const { only } = shape
  if (looksLikeJson(content, only?.field ?? null)) return readJson(content, shape, limits)
  if (only === null)
    throw new SlipwayError('UNSUPPORTED_MEDIA_TYPE', 'this model has several inputs: send them as JSON, or as parts of a form')
  const row = emptyRow()
  row[only.name] = valueOf(content, only.field, limits)
  return { rows: [row], many: false }
}

/** Raw content is for a model whose only input is a text or a tensor; everything else is JSON, whatever its content type says. */
function looksLikeJson({ body, contentType }: Content, only: Field | null): boolean {
  if (contentType?.startsWith('application/json') === true) return true
  if (only === null) return true
  if (only.kind === 'text') return contentType?.startsWith('text/') === true ? false : /^\s*[[{"]/.test(body.toString('latin1', 0, 64))
  if (only.kind !== 'tensor') return true
  return contentType === null || !/^(?:application\/octet-stream|image\/)/.test(contentType)
    ? /^\s*[[{]/.test(body.toString('latin1', 0, 64))
    : false
}

function readJson({ body }: Content, shape: RowShape, limits: JsonLimits): PredictionRequest {
  const reader = createJsonReader(body, limits)
  const request = isRowList(body, shape)
    ? { rows: readList(reader, () => readInstance(reader, shape)), many: true }
    : { rows: [readInstance(reader, shape)], many: false }
  reader.end()
  return request
}

/** An array is a list of rows, unless it is one row itself: the tensor of a model's only input, or its scalars in order. */
function isRowList(body: Buffer, { only, positional }: RowShape): boolean {
  const depth = nestingOf(body)
  if (only?.field.kind === 'tensor') return depth > only.field.shape.length
  return depth > (only === null && positional ? 1 : 0)
}

/** How many arrays a document opens with; beyond counting where an object follows them: that is a list of rows for sure. */
function nestingOf(body: Buffer): number {
  let depth = 0
  for (const byte of body) {
    if (byte === 0x5b) depth++
    else if (byte > 32) return byte === 0x7b && depth > 0 ? Infinity : depth
  }
  return depth
}

function valueOf({ body, contentType }: Content, field: Field, limits: PredictionLimits): unknown {
  if (field.kind === 'tensor') return tensorValue({ body, contentType }, field, limits)
  const isText = field.kind === 'text' || field.kind === 'category' || field.kind === 'timestamp'
  if (isText && !/^\s*"/.test(body.toString('latin1', 0, 64))) return utf8Text(body)
  const reader = createJsonReader(body, limits)
  const value = readFieldValue(reader, field)
  reader.end()
  return value
}

/** A tensor as JSON, or as little-endian bytes of exactly its size. */
function tensorValue({ body, contentType }: Content, field: TensorField, limits: PredictionLimits): unknown {
  const isJson = contentType?.startsWith('application/json') === true || /^\s*\[/.test(body.toString('latin1', 0, 64))
  if (isJson) return readFieldValue(createJsonReader(body, limits), field)
  const shape = field.shape.filter((size) => size !== null)
  if (shape.length !== field.shape.length || field.dtype === 'string') {
    throw new SlipwayError('UNSUPPORTED_MEDIA_TYPE', 'raw bytes are for tensors of a fixed size; send JSON')
  }
  return decodeRaw(body, field.dtype, shape).data
}
