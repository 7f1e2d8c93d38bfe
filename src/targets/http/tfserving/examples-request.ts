import { SlipwayError } from '../../../core/errors.js'
import type { Field } from '../../../core/field.js'
import type { JsonReader } from '../../../core/json-reader.js'
import { readList } from '../rows/read-columns.js'
import type { PlainRow, RowShape } from '../rows/read-instance.js'
import { emptyRow, fieldOf } from '../rows/read-instance.js'
import { readFieldValue } from '../rows/read-value.js'
import { checkSignatureName } from './predict-request.js'

/**
 * Reads `{"context"?,"examples":[{feature: value | list}]}` of classify and regress. A feature of a tf.Example is a list; for a scalar field a
 * list of one is its value. Features of the context hold for every example.
 */
export function readExamples(reader: JsonReader, shape: RowShape): readonly PlainRow[] {
  let context = emptyRow()
  let examples: readonly PlainRow[] | null = null
  if (reader.peek() !== 'object') reader.fail('a request is an object with `examples`', 'INVALID_REQUEST')
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key === 'signature_name') checkSignatureName(reader)
    else if (key === 'context') context = readFeatures(reader, shape)
    else if (key === 'examples') examples = readExampleList(reader, shape)
    else reader.skip({ nonFinite: true })
  }
  if (examples === null) throw new SlipwayError('INVALID_REQUEST', 'the request lacks `examples`')
  return examples.map((example) => Object.assign(emptyRow(), context, example))
}

function readExampleList(reader: JsonReader, shape: RowShape): readonly PlainRow[] {
  if (reader.peek() !== 'array') reader.fail('`examples` is a list of objects', 'INVALID_REQUEST')
  return readList(reader, () => readFeatures(reader, shape))
}

function readFeatures(reader: JsonReader, { fields }: RowShape): PlainRow {
  const row = emptyRow()
  if (reader.peek() !== 'object') reader.fail('an example is an object of features', 'INVALID_REQUEST')
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key in row) throw new SlipwayError('INPUT_DUPLICATE', `the feature \`${key}\` is given twice`)
    row[key] = readFeature(reader, fieldOf(fields, key))
  }
  return row
}

function readFeature(reader: JsonReader, field: Field | null): unknown {
  if (reader.peek() !== 'array' || field === null || field.kind === 'tensor' || field.kind === 'schema')
    return readFieldValue(reader, field)
  const values = readList(reader, () => readFieldValue(reader, field))
  return values.length === 1 ? values[0] : values
}
