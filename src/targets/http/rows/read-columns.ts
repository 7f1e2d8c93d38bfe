import { SlipwayError } from '../../../core/errors.js'
import type { JsonReader } from '../../../core/json-reader.js'
import type { PlainRow, RowShape } from './read-instance.js'
import { emptyRow, fieldOf, readInstance } from './read-instance.js'
import { readFieldValue } from './read-value.js'

/**
 * Reads rows given by column: an object of field name -> list of values, one a row, or the bare list of a model's only field
 * (`inputs` of TF Serving and MLflow). INPUT_SHAPE when the columns differ in length.
 */
export function readColumns(reader: JsonReader, shape: RowShape): PlainRow[] {
  const token = reader.peek()
  if (token === 'object') return readNamedColumns(reader, shape)
  if (token === 'array' && shape.only !== null) return readList(reader, () => readInstance(reader, shape))
  throw reader.fail('`inputs` is an object of column name -> list, or the list of the only input', 'INVALID_REQUEST')
}

/** Reads every item of an array. */
export function readList<T>(reader: JsonReader, read: () => T): T[] {
  const items: T[] = []
  reader.beginArray()
  while (reader.nextItem()) items.push(read())
  return items
}

function readNamedColumns(reader: JsonReader, { fields }: RowShape): PlainRow[] {
  const columns = new Map<string, unknown[]>()
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (columns.has(key)) throw new SlipwayError('INPUT_DUPLICATE', `the column \`${key}\` is given twice`)
    if (reader.peek() !== 'array') reader.fail(`the column \`${key}\` is a list with one value a row`, 'INPUT_SHAPE')
    const field = fieldOf(fields, key)
    columns.set(
      key,
      readList(reader, () => readFieldValue(reader, field)),
    )
  }
  return rowsOfColumns(columns)
}

function rowsOfColumns(columns: ReadonlyMap<string, readonly unknown[]>): PlainRow[] {
  const lengths = new Set([...columns.values()].map((column) => column.length))
  if (lengths.size > 1) throw new SlipwayError('INPUT_SHAPE', `the columns have different lengths: ${[...lengths].join(', ')}`)
  const rows = Array.from({ length: [...lengths][0] ?? 0 }, emptyRow)
  for (const [name, column] of columns) for (const [i, value] of column.entries()) rows[i]![name] = value
  return rows
}
