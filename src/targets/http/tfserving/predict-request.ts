import { SlipwayError } from '../../../core/errors.js'
import type { JsonReader } from '../../../core/json-reader.js'
import { readColumns, readList } from '../rows/read-columns.js'
import type { PlainRow, RowShape } from '../rows/read-instance.js'
import { readInstance } from '../rows/read-instance.js'
import { signatureName } from './metadata.js'

/** Rows, and in which form they came: the answer takes the same. */
export interface PredictRequest {
  readonly form: 'row' | 'column'
  readonly rows: readonly PlainRow[]
}

/**
 * Reads `{"instances":[…]}` or `{"inputs":…}` (tensorflow_serving/g3doc/api_rest.md, "Predict API"). What follows the document is not read,
 * as there.
 */
export function readPredictRequest(reader: JsonReader, shape: RowShape): PredictRequest {
  let request: PredictRequest | null = null
  if (reader.peek() !== 'object') reader.fail('a predict request is an object', 'INVALID_REQUEST')
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key === 'signature_name') checkSignatureName(reader)
    else if (key !== 'instances' && key !== 'inputs') reader.skip({ nonFinite: true })
    else if (request !== null) throw new SlipwayError('INVALID_REQUEST', 'the request holds exactly one of `instances` and `inputs`')
    else request = key === 'instances' ? readInstances(reader, shape) : { form: 'column', rows: readColumns(reader, shape) }
  }
  if (request !== null) return request
  throw new SlipwayError('INVALID_REQUEST', 'the request lacks `instances` (rows) or `inputs` (columns)')
}

function readInstances(reader: JsonReader, shape: RowShape): PredictRequest {
  if (reader.peek() !== 'array') reader.fail('`instances` is a list with one item a row', 'INVALID_REQUEST')
  return { form: 'row', rows: readList(reader, () => readInstance(reader, shape)) }
}

/** Any name but TF Serving's default and an empty one is a signature that no model here has. */
export function checkSignatureName(reader: JsonReader): void {
  const name = reader.peek() === 'string' ? reader.string() : reader.fail('`signature_name` is a text', 'INVALID_REQUEST')
  if (name !== '' && name !== signatureName) throw new SlipwayError('INVALID_REQUEST', `Serving signature key "${name}" not found.`)
}
