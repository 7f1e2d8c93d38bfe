import { DuckDBInstance } from '@duckdb/node-api'

/** Rows of the last statement, in values of JavaScript: lists as arrays, 64-bit integers as bigint. The database is in memory unless a path is given. */
export async function duckdbRows(sql: string, path = ':memory:'): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJS() as Record<string, unknown>[]
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** The rows of a Parquet file, in their order. */
export function parquetRows(path: string): Promise<Record<string, unknown>[]> {
  return duckdbRows(`SELECT * FROM read_parquet('${path}')`)
}
