import { SlipwayError } from '../../../core/errors.js'
import type { Field, Fields } from '../../../core/field.js'
import type { JsonReader } from '../../../core/json-reader.js'
import { decodeB64, readFieldValue } from './read-value.js'

/** A row as the frame builder takes it. */
export type PlainRow = Record<string, unknown>

/** The fields of a model, as the row protocols look at them. */
export interface RowShape {
  readonly fields: Fields
  readonly names: readonly string[]
  /** The field, where the model has only one: protocols then leave its name out. */
  readonly only: { readonly name: string; readonly field: Field } | null
  /** Every field is a scalar: a list of values in signature order is a row. */
  readonly positional: boolean
}

/** Looks at a signature's input. */
export function rowShape(fields: Fields): RowShape {
  const names = Object.keys(fields)
  const only = names.length === 1 ? { name: names[0]!, field: fields[names[0]!]! } : null
  const positional = Object.values(fields).every((field) => field.kind !== 'tensor' && field.kind !== 'schema')
  return { fields, names, only, positional }
}

/** An empty row; its prototype is null, so that `__proto__` is a key like any other. */
export function emptyRow(): PlainRow {
  return Object.create(null) as PlainRow
}

/**
 * Reads one row in any of the forms that TF Serving, KServe v1 and MLflow clients send: an object by field names, the bare value of a
 * model's only field, or a list of values in signature order for a model of several scalars.
 */
export function readInstance(reader: JsonReader, shape: RowShape): PlainRow {
  const token = reader.peek()
  if (token === 'object') return readRecord(reader, shape)
  if (shape.only !== null) return bareRow(shape.only.name, readFieldValue(reader, shape.only.field))
  if (token === 'array' && shape.positional) return readPositional(reader, shape.names, shape)
  throw reader.fail(
    `a row of this model is an object with the keys ${shape.names.map((name) => `\`${name}\``).join(', ')}`,
    'INVALID_REQUEST',
  )
}

/** Reads values in the order of `columns`. */
export function readPositional(reader: JsonReader, columns: readonly string[], { fields }: RowShape): PlainRow {
  const row = emptyRow()
  let count = 0
  reader.beginArray()
  while (reader.nextItem()) {
    const name = columns[count++]
    if (name === undefined) reader.skip({ nonFinite: true })
    else row[name] = readFieldValue(reader, fieldOf(fields, name))
  }
  if (count === columns.length) return row
  throw new SlipwayError('INPUT_SHAPE', `a row has ${count} values, there are ${columns.length} columns`)
}

function readRecord(reader: JsonReader, shape: RowShape): PlainRow {
  const row = emptyRow()
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    if (key in row) throw new SlipwayError('INPUT_DUPLICATE', `the key \`${key}\` is given twice`)
    row[key] = readFieldValue(reader, fieldOf(shape.fields, key))
  }
  return shape.only === null ? row : onlyFieldRow(row, shape.only)
}

/** An object for a model of one field may be that field's `b64` value, or name the elements of its vector as a data frame does. */
function onlyFieldRow(row: PlainRow, { name, field }: NonNullable<RowShape['only']>): PlainRow {
  if (name in row) return row
  const keys = Object.keys(row)
  const text = row['b64']
  if (keys.length === 1 && typeof text === 'string') return bareRow(name, decodeB64(row, field))
  if (field.kind === 'tensor' && field.shape.length === 1 && field.shape[0] === keys.length) return bareRow(name, Object.values(row))
  return row
}

function bareRow(name: string, value: unknown): PlainRow {
  const row = emptyRow()
  row[name] = value
  return row
}

/** The field of a name, own ones only. */
export function fieldOf(fields: Fields, name: string): Field | null {
  return Object.hasOwn(fields, name) ? fields[name]! : null
}
