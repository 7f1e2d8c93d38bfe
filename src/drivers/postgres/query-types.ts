import type { PoolClient } from 'pg'
import { SlipwayError } from '../../core/errors.js'
import { readArray } from './array-literal.js'

/** Writes the text that the server gave for a value as JSON. */
export type JsonCell = (text: string) => string

export interface QueryColumn {
  readonly name: string
  readonly dataTypeID: number
}

/** Object ids of the built-in types (pg_type.dat in the sources of PostgreSQL). */
const numbers = new Set([20, 21, 23, 26, 700, 701, 1700])
const bool = 16
const bytea = 17
const json = new Set([114, 3802])
const timestamp = 1114
const timestamptz = 1184
const texts = new Set([18, 19, 25, 1042, 1043, 2950])

/** What writes the values of each column. SOURCE_SCHEMA for columns that JSON has no form for, or two of one name. */
export async function jsonCells(client: PoolClient, columns: readonly QueryColumn[]): Promise<readonly JsonCell[]> {
  const twin = columns.find(({ name }, i) => columns.findIndex((other) => other.name === name) < i)
  if (twin !== undefined) throw new SlipwayError('SOURCE_SCHEMA', `the query has two columns \`${twin.name}\`: name one anew with AS`)
  const elements = await elementTypes(client, columns)
  return columns.map((column) => {
    const element = elements.get(column.dataTypeID)
    if (element === undefined) return scalarCell(column.dataTypeID, column.name)
    const write = scalarCell(element, column.name)
    return (text) => readArray(text, write)
  })
}

/** Element types of the array types among the columns. */
async function elementTypes(client: PoolClient, columns: readonly QueryColumn[]): Promise<ReadonlyMap<number, number>> {
  const ids = [...new Set(columns.map(({ dataTypeID }) => dataTypeID))].filter((id) => !numbers.has(id) && !texts.has(id))
  if (ids.length === 0) return new Map()
  // The category tells arrays from other types that are made of elements.
  const { rows } = await client.query<{ oid: number; element: number }>(
    `SELECT a.oid::int8::float8 AS oid, (CASE WHEN e.typtype = 'd' THEN e.typbasetype ELSE e.oid END)::int8::float8 AS element
     FROM pg_type a JOIN pg_type e ON e.oid = a.typelem WHERE a.oid = ANY ($1::oid[]) AND a.typcategory = 'A'`,
    [ids],
  )
  return new Map(rows.map(({ oid, element }) => [oid, element]))
}

function scalarCell(type: number, column: string): JsonCell {
  if (type === bytea) {
    throw new SlipwayError(
      'SOURCE_SCHEMA',
      `the column \`${column}\` is bytea, which no input is: leave it out, or encode() it in the query`,
    )
  }
  // Digits as they stand: floats are the shortest that read back the same (extra_float_digits), NaN and infinities are words of the reader.
  if (numbers.has(type)) return (text) => text
  if (type === bool) return (text) => (text === 't' ? 'true' : 'false')
  // Line ends stand only between the tokens of a JSON text.
  if (json.has(type)) return (text) => text.replace(/[\r\n]+/g, ' ')
  if (type === timestamptz || type === timestamp) return (text) => JSON.stringify(isoTime(text))
  return (text) => JSON.stringify(text)
}

/** `2024-05-01 12:00:00.5+00`, or without a zone, as ISO 8601 in UTC. Infinite times stay words. */
function isoTime(text: string): string {
  return /^\d/.test(text) ? `${text.replace(' ', 'T').replace(/\+00$/, '')}Z` : text
}
