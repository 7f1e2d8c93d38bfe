import { openEngine } from '../../src/drivers/duckdb/engine.js'
import type { InputFile, ReadPlan, SourceChunk, TableReader } from '../../src/core/table.js'

/** Runs SQL of DuckDB in an empty database, and gives the rows of the last statement. */
export async function duckdb(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const engine = await openEngine(null, { memoryMb: 512 })
  try {
    return await engine.rows(sql)
  } finally {
    engine.close()
  }
}

/** Writes the rows of a query as a Parquet file. */
export async function writeParquet(path: string, query: string, options = ''): Promise<InputFile> {
  await duckdb(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`)
  return parquetFile(path)
}

export function parquetFile(path: string): InputFile {
  return { name: path.slice(path.lastIndexOf('/') + 1), path, format: 'parquet', bytes: 0, digest: '' }
}

/** A plan that reads `fields` under their own names. */
export function readPlan(fields: ReadPlan['fields'], rest: Partial<ReadPlan> = {}): ReadPlan {
  const policy = { unknownFields: 'ignore', defaultAction: 'reject', gatherable: new Set<string>() } as const
  return { fields, policy, columnOf: {}, carry: [], types: {}, chunkRows: 8192, ...rest }
}

/** Reads rows `start` to `end` and gives what `look` makes of each chunk, as chunks hold only until the next is asked for. */
export async function readChunks<T>(
  reader: TableReader,
  plan: ReadPlan,
  look: (chunk: SourceChunk) => T,
  range: { readonly start: number; readonly end: number } = { start: 0, end: Number.MAX_SAFE_INTEGER },
): Promise<T[]> {
  const seen: T[] = []
  for await (const chunk of reader.read({ index: 0, file: 0, ...range }, plan)) seen.push(look(chunk))
  return seen
}
