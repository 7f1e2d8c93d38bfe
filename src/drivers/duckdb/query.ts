import { rm } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { SlipwayError } from '../../core/errors.js'
import type { QuerySource } from '../../core/table.js'
import { openEngine } from './engine.js'
import type { Engine, EngineOptions } from './engine.js'
import { interruptOn } from './interrupts.js'
import { loadDuckdb } from './load-duckdb.js'
import { cancelled, failure } from './reason.js'
import { parquetFormat, text } from './sql-text.js'

export interface DuckdbQueryOptions extends EngineOptions {
  /** Path of the database file, or `:memory:` for queries over files alone. */
  readonly path: string
}

/** Queries of a DuckDB database, which is opened read-only; their rows are spooled as Parquet. */
export function createDuckdbQuery(options: DuckdbQueryOptions): QuerySource {
  const what = `the query of duckdb:${options.path}`
  let opened: Promise<Engine> | null = null
  const engine = (): Promise<Engine> => (opened ??= openEngine(options.path === ':memory:' ? null : options.path, options))

  return {
    async spool(query, path, { signal, progress } = {}) {
      if (gaveUp(signal)) throw cancelled(signal?.reason)
      const connection = await connect(engine, what)
      const release = interruptOn(signal, connection)
      try {
        const rows = await copy(connection, query, path)
        progress?.(rows)
        return { rows, format: 'parquet' }
      } catch (thrown) {
        await rm(path, { force: true })
        if (gaveUp(signal)) throw cancelled(thrown)
        throw failure('SOURCE_INVALID', `${what} failed`, thrown)
      } finally {
        release()
        connection.closeSync()
      }
    },
    async close() {
      const open = await opened?.catch(() => null)
      opened = null
      open?.close()
    },
  }
}

function gaveUp(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

async function connect(engine: () => Promise<Engine>, what: string): Promise<DuckDBConnection> {
  try {
    return await (await engine()).connect()
  } catch (thrown) {
    throw failure('SOURCE_INVALID', `${what} cannot be run`, thrown)
  }
}

async function copy(connection: DuckDBConnection, query: string, path: string): Promise<number> {
  await checkSelect(connection, query)
  // A view takes a query with a semicolon or a comment behind it; COPY does not.
  await connection.run(`CREATE OR REPLACE TEMP VIEW slipway_spool AS ${query}`)
  const result = await connection.run(`COPY (FROM slipway_spool) TO ${text(path)} (${parquetFormat})`)
  return Number((await result.getRows())[0]?.[0] ?? 0)
}

/** Refuses all but one SELECT (WITH, FROM and VALUES are SELECTs): a query reads, and nothing else. */
async function checkSelect(connection: DuckDBConnection, query: string): Promise<void> {
  const { StatementType } = await loadDuckdb()
  const statements = await connection.extractStatements(query)
  if (statements.count !== 1) throw new SlipwayError('SOURCE_INVALID', `expected one query, received ${statements.count} statements`)
  const prepared = await statements.prepare(0)
  try {
    if (prepared.statementType === StatementType.SELECT) return
    throw new SlipwayError('SOURCE_INVALID', 'expected a query that reads: SELECT, WITH, FROM or VALUES')
  } finally {
    prepared.destroySync()
  }
}
