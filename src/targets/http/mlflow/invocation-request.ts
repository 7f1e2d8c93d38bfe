import { SlipwayError } from '../../../core/errors.js'
import type { JsonLimits, JsonReader } from '../../../core/json-reader.js'
import { createJsonReader } from '../../../core/json-reader.js'
import { readDataFrameSplit } from '../rows/data-frame.js'
import { readColumns, readList } from '../rows/read-columns.js'
import type { PlainRow, RowShape } from '../rows/read-instance.js'
import { readInstance } from '../rows/read-instance.js'

const forms: readonly string[] = ['dataframe_split', 'dataframe_records', 'instances', 'inputs']

interface Source {
  readonly body: Uint8Array
  readonly limits: JsonLimits
}

/** Reads the JSON of `/invocations`: an object with exactly one of the four forms (mlflow/pyfunc/scoring_server/__init__.py). */
export function readInvocation(shape: RowShape, source: Source): readonly PlainRow[] {
  const reader = createJsonReader(source.body, source.limits)
  let rows: readonly PlainRow[] | null = null
  if (reader.peek() !== 'object') reader.fail('an invocation is an object', 'INVALID_REQUEST')
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key === 'signature_name') throw new SlipwayError('INVALID_REQUEST', '`signature_name` is not supported; leave it out')
    if (!forms.includes(key)) reader.skip({ nonFinite: true })
    else if (rows !== null) throw exactlyOne()
    else rows = readForm(reader, key, shape, source)
  }
  reader.end()
  if (rows === null) throw exactlyOne()
  return rows
}

function exactlyOne(): SlipwayError {
  return new SlipwayError(
    'INVALID_REQUEST',
    'the JSON holds exactly one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`',
  )
}

function readForm(reader: JsonReader, key: string, shape: RowShape, source: Source): readonly PlainRow[] {
  if (key === 'dataframe_split') return readDataFrameSplit(reader, shape, source)
  if (key === 'inputs') return readColumns(reader, shape)
  if (reader.peek() !== 'array') reader.fail(`\`${key}\` is a list with one item a row`, 'INVALID_REQUEST')
  return readList(reader, () => readInstance(reader, shape))
}

/**
 * True when the JSON is a request of the Open Inference Protocol: its `inputs` are objects with a `datatype`. Triton's SageMaker container
 * takes those at the same path (T:qa/L0_sagemaker).
 */
export function isInferRequest({ body, limits }: Source): boolean {
  const reader = createJsonReader(body, limits)
  if (reader.peek() !== 'object') return false
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key === 'inputs') return reader.peek() === 'array' && firstItemHasDatatype(reader)
    reader.skip({ nonFinite: true })
  }
  return false
}

function firstItemHasDatatype(reader: JsonReader): boolean {
  reader.beginArray()
  if (!reader.nextItem() || reader.peek() !== 'object') return false
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key === 'datatype') return true
    reader.skip({ nonFinite: true })
  }
  return false
}
