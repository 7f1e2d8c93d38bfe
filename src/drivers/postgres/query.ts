import { open, rm, type FileHandle } from 'node:fs/promises'
import type { PoolClient, QueryArrayResult } from 'pg'
import { SlipwayError } from '../../core/errors.js'
import type { QuerySource } from '../../core/table.js'
import { openDatabase, type Database } from './database.js'
import { jsonCells, type JsonCell } from './query-types.js'

type SpoolOptions = Parameters<QuerySource['spool']>[2]

/** Characters of one fetch, about; rows are counted out for it by the mean length of those before. */
const fetchLength = 4 << 20
const firstRows = 100
const mostRows = 10_000

/** Runs queries on Postgres and writes their rows as JSON lines: of one snapshot, through a cursor, in constant memory. */
export function createPostgresQuery(options: { readonly url: string }): QuerySource {
  let database: Promise<Database> | null = null

  async function spool(query: string, path: string, { signal, progress }: SpoolOptions): Promise<{ rows: number; format: 'jsonl' }> {
    database ??= openDatabase({
      url: options.url,
      connections: 2,
      statementTimeoutMs: 0,
      code: 'SOURCE_INVALID',
      what: 'the query: the database',
    })
    const ready = await database
    signal?.throwIfAborted()
    const client = await ready.connect()
    // Ending the connection is what a statement that runs can be stopped by from here; the server is told as well.
    const cancel = (): void => void cancelOn(ready, client)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const rows = await spoolRows(client, query, path, progress)
      client.release()
      return { rows, format: 'jsonl' }
    } catch (error) {
      client.release(true)
      if (signal?.aborted === true) throw new SlipwayError('CANCELLED', 'the query was cancelled', { cause: error })
      throw ready.failed(error)
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  return {
    spool,
    async close() {
      await (await database)?.close()
    },
  }
}

/** Each connection knows its process on the server. */
async function cancelOn(database: Database, client: PoolClient): Promise<void> {
  const pid = (client as { readonly processID?: number | null }).processID ?? null
  await database.query('SELECT pg_cancel_backend($1)', [pid]).catch(() => undefined)
}

async function spoolRows(client: PoolClient, query: string, path: string, progress: SpoolOptions['progress']): Promise<number> {
  await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL extra_float_digits = 3; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL timezone = 'UTC'; SET LOCAL intervalstyle = 'iso_8601'`)
  // The extended protocol takes one statement alone, so that the transaction stays read only.
  const declare = { text: `DECLARE slipway_rows NO SCROLL CURSOR FOR ${query.replace(/[;\s]+$/, '')}\n`, queryMode: 'extended' }
  await client.query(declare)
  const file = await open(path, 'wx', 0o600)
  try {
    const rows = await fetchAll(client, file, progress)
    await file.sync()
    await client.query('COMMIT')
    return rows
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

async function fetchAll(client: PoolClient, file: FileHandle, progress: SpoolOptions['progress']): Promise<number> {
  let total = 0
  let wanted = firstRows
  let cells: readonly JsonCell[] | null = null
  let lead: readonly string[] = []
  for (;;) {
    const { rows, fields } = await fetch(client, wanted)
    if (cells === null) {
      cells = await jsonCells(client, fields)
      lead = fields.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
    }
    if (rows.length === 0) return total
    let lines = ''
    for (const row of rows) lines += jsonLine(row, cells, lead)
    await file.write(Buffer.from(lines))
    total += rows.length
    progress?.(total)
    wanted = Math.max(1, Math.min(mostRows, wanted * 4, Math.floor((fetchLength * rows.length) / lines.length)))
  }
}

function fetch(client: PoolClient, rows: number): Promise<QueryArrayResult<(string | null)[]>> {
  return client.query<(string | null)[]>({ text: `FETCH FORWARD ${rows} FROM slipway_rows`, rowMode: 'array', types: asText })
}

const asText = { getTypeParser: () => (text: string) => text }

function jsonLine(row: readonly (string | null)[], cells: readonly JsonCell[], lead: readonly string[]): string {
  let line = ''
  for (let i = 0; i < cells.length; i++) {
    const text = row[i]!
    line += lead[i]! + (text === null ? 'null' : cells[i]!(text))
  }
  return cells.length === 0 ? '{}\n' : `${line}}\n`
}
