import { SlipwayError } from '../../../core/errors.js'
import type { JsonReader } from '../../../core/json-reader.js'
import { createJsonReader } from '../../../core/json-reader.js'
import type { JsonLimits } from '../../../core/json-reader.js'
import { readList } from './read-columns.js'
import type { PlainRow, RowShape } from './read-instance.js'
import { emptyRow, readPositional } from './read-instance.js'
import { readFieldValue } from './read-value.js'

/** Reads `dataframe_split`: `{"columns":[…],"index":[…],"data":[[…]]}` with its keys in any order (pandas `to_dict(orient="split")`). */
export function readDataFrameSplit(reader: JsonReader, shape: RowShape, source: { body: Uint8Array; limits: JsonLimits }): PlainRow[] {
  let columns: readonly string[] | null = null
  let data: number | PlainRow[] | null = null
  if (reader.peek() !== 'object') reader.fail('`dataframe_split` is an object with `columns` and `data`', 'INVALID_REQUEST')
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key === 'columns') columns = readColumnNames(reader)
    else if (key === 'data') data = columns === null ? skipped(reader) : readData(reader, columns, shape)
    else reader.skip({ nonFinite: true })
  }
  if (data === null) throw new SlipwayError('INVALID_REQUEST', '`dataframe_split` lacks `data`')
  if (typeof data !== 'number') return data
  return readData(createJsonReader(source.body.subarray(data), source.limits), columns ?? shape.names, shape)
}

function readColumnNames(reader: JsonReader): readonly string[] {
  if (reader.peek() !== 'array') reader.fail('`columns` is a list of names', 'INVALID_REQUEST')
  return readList(reader, () => (reader.peek() === 'number' ? reader.rawNumber() : reader.string()))
}

function skipped(reader: JsonReader): number {
  const { position } = reader
  reader.skip({ nonFinite: true })
  return position
}

function readData(reader: JsonReader, columns: readonly string[], shape: RowShape): PlainRow[] {
  if (reader.peek() !== 'array') reader.fail('`data` is a list of rows', 'INVALID_REQUEST')
  return readList(reader, () => readCells(reader, columns, shape))
}

/** One line of a data frame. Where the columns are not the model's, they are the elements of its only tensor. */
function readCells(reader: JsonReader, columns: readonly string[], shape: RowShape): PlainRow {
  if (reader.peek() !== 'array') reader.fail('a row of `data` is a list', 'INVALID_REQUEST')
  const { only } = shape
  if (only?.field.kind !== 'tensor' || columns.includes(only.name)) return readPositional(reader, columns, shape)
  const row = emptyRow()
  row[only.name] = readFieldValue(reader, only.field)
  return row
}
