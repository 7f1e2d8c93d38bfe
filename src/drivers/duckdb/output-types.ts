import type { DuckDBType } from '@duckdb/node-api'
import type { OutputColumn } from '../../core/table.js'
import type { Duckdb } from './load-duckdb.js'
import { name, text } from './sql-text.js'

/** How a column of the output is kept until it is written, and what is written of it. */
export interface StoredColumn {
  readonly column: OutputColumn
  /** Of the table that collects a partition. */
  readonly type: DuckDBType
  /** What the file holds, of column `at` of the table. `texts` are those that codes stand for. */
  select(at: string, texts: readonly (string | null)[]): string
}

/** Columns of texts that repeat are kept as codes. */
export function storedColumn(column: OutputColumn, repeated: boolean, duckdb: Duckdb): StoredColumn {
  if (repeated) return { column, type: duckdb.UINTEGER, select: (at, texts) => textOfCode(at, texts) }
  const type = column.shape.length === 0 ? elementType(column, duckdb) : shapedType(column, duckdb)
  return { column, type, select: (at) => (isTime(column) ? timeOf(at) : at) }
}

/** The type that a file without rows has for a column. */
export function emptyColumn(column: OutputColumn, duckdb: Duckdb): string {
  const { type } = storedColumn(column, false, duckdb)
  const stored = `CAST(NULL AS ${isTime(column) ? 'TIMESTAMPTZ' : String(type)})`
  return `${stored} AS ${name(column.name)}`
}

/** Up to so many texts are told apart by a CASE, which is faster than a list. */
const fewTexts = 16

function textOfCode(at: string, texts: readonly (string | null)[]): string {
  const literals = texts.map((value) => (value === null ? 'NULL' : text(value)))
  if (literals.length <= 1) return `CAST(${literals[0] ?? 'NULL'} AS VARCHAR)`
  if (literals.length > fewTexts) return `CAST([${literals.join(', ')}] AS VARCHAR[])[${at} + 1]`
  return `CAST(CASE ${at} ${literals.map((literal, code) => `WHEN ${code} THEN ${literal}`).join(' ')} END AS VARCHAR)`
}

function isTime(column: OutputColumn): boolean {
  return column.type === 'timestamp' && column.dtype === 'float64' && column.shape.length === 0
}

/** Epoch milliseconds as a point in time, to the microsecond; null where there is none such. */
function timeOf(at: string): string {
  return `CASE WHEN abs(${at}) <= 8.64e15 THEN make_timestamptz(CAST(round(${at} * 1e3) AS BIGINT)) END`
}

/** Arrays where every row has as many elements, lists otherwise; texts always as lists, which take values one by one. */
function shapedType(column: OutputColumn, duckdb: Duckdb): DuckDBType {
  const element = elementType(column, duckdb)
  if (!isFixed(column)) return column.shape.reduce<DuckDBType>((type) => duckdb.LIST(type), element)
  return column.shape.reduceRight<DuckDBType>((type, size) => duckdb.ARRAY(type, size!), element)
}

/** True for elements that are copied whole. */
export function isFixed(column: OutputColumn): boolean {
  const plain = column.dtype !== 'string' && column.dtype !== 'object'
  return plain && column.shape.every((size) => size !== null && size > 0)
}

function elementType(column: OutputColumn, duckdb: Duckdb): DuckDBType {
  switch (column.dtype) {
    case 'bool':
      return duckdb.BOOLEAN
    case 'int8':
      return duckdb.TINYINT
    case 'int16':
      return duckdb.SMALLINT
    case 'int32':
      return duckdb.INTEGER
    case 'int64':
      return duckdb.BIGINT
    case 'uint8':
      return duckdb.UTINYINT
    case 'uint16':
      return duckdb.USMALLINT
    case 'uint32':
      return duckdb.UINTEGER
    case 'uint64':
      return duckdb.UBIGINT
    case 'float16':
    case 'bfloat16':
    case 'float32':
      return duckdb.FLOAT
    case 'float64':
      return duckdb.DOUBLE
    case 'string':
    case 'object':
      return duckdb.VARCHAR
  }
}
