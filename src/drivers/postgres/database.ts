import type { Pool, PoolClient } from 'pg'
import { SlipwayError, type ErrorCode } from '../../core/errors.js'
import { failure } from './failure.js'
import { loadPg, type CopyIn } from './load-pg.js'

export interface DatabaseOptions {
  readonly url: string
  /** Connections at most. */
  readonly connections: number
  /** A statement that takes longer is ended by the server; 0 for no limit. */
  readonly statementTimeoutMs: number
  /** Settings of its sessions, such as `plan_cache_mode`. */
  readonly settings?: Readonly<Record<string, string>>
  /** What every failure is reported as. */
  readonly code: ErrorCode
  /** What the database is to whoever reads the message: `the store of predictions`. */
  readonly what: string
}

/** A bounded pool of connections that are made when wanted, and made again after the server went away. Every failure is a SlipwayError. */
export interface Database {
  /** Runs one statement and gives its rows, or how many it changed. */
  query(sql: string, values?: readonly unknown[]): Promise<QueryRows>
  /** Runs a prepared statement; rows are arrays of texts. */
  prepared(name: string, sql: string, values: readonly unknown[]): Promise<readonly (readonly (string | null)[])[]>
  /** Runs `work` in a transaction: committed when it resolves, else rolled back. */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>
  /** A connection of one's own; give it back by `release`. */
  connect(): Promise<PoolClient>
  copyFrom(sql: string): CopyIn
  /** What was thrown, as the SlipwayError to reject with. */
  failed(thrown: unknown): SlipwayError
  /** Ends every connection, those in use too. */
  close(): Promise<void>
}

export interface QueryRows {
  readonly rows: readonly Record<string, unknown>[]
  readonly rowCount: number
}

const connectTimeoutMs = 2000

/** Opens a pool; connects only when first used. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, connections, statementTimeoutMs, code, what } = options
  checkUrl(url)
  const pg = await loadPg()
  const failed = (thrown: unknown): SlipwayError => failure(thrown, code, what)
  const used = new Set<PoolClient>()
  const pool = pg.pool({
    connectionString: url,
    max: connections,
    application_name: 'slipway',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    allowExitOnIdle: true,
    // Prepared statements of sets that are gone go with their connection.
    maxLifetimeSeconds: 1800,
    ...(options.settings === undefined
      ? {}
      : {
          options: Object.entries(options.settings)
            .map(([name, value]) => `-c ${name}=${value}`)
            .join(' '),
        }),
    ...(statementTimeoutMs === 0 ? {} : { statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs + 1000 }),
  })
  // Failures of idle connections: the next use makes a new one.
  pool.on('error', () => undefined)
  // A connection in use fails its queries too; without a listener the event would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))

  async function connect(): Promise<PoolClient> {
    try {
      const client = await pool.connect()
      used.add(client)
      const release = client.release.bind(client)
      client.release = (error) => {
        used.delete(client)
        release(error)
      }
      return client
    } catch (error) {
      throw failed(error)
    }
  }

  async function using<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await connect()
    try {
      const result = await work(client)
      client.release()
      return result
    } catch (error) {
      // The state of the connection is unknown.
      client.release(true)
      throw failed(error)
    }
  }

  return {
    failed,
    connect,
    copyFrom: (sql) => pg.copyFrom(sql),
    query: (sql, values = []) =>
      using(async (client) => {
        const { rows, rowCount } = await client.query<Record<string, unknown>>(sql, [...values])
        return { rows, rowCount: rowCount ?? 0 }
      }),
    // The pool's own way, which costs least: lookups go through here.
    prepared: (name, sql, values) =>
      pool.query<(string | null)[]>({ name, text: sql, values: values as unknown[], rowMode: 'array', types: asText }).then(
        ({ rows }) => rows,
        (error: unknown) => {
          throw failed(error)
        },
      ),
    transaction: (work) =>
      using(async (client) => {
        await client.query('BEGIN')
        const result = await work(client)
        await client.query('COMMIT')
        return result
      }),
    close: () => closePool(pool, used),
  }
}

const asText = { getTypeParser: () => (text: string) => text }

async function closePool(pool: Pool, used: Set<PoolClient>): Promise<void> {
  if (pool.ended || pool.ending) return
  const ended = pool.end()
  for (const client of used) client.release(true)
  await ended
}

/** The URL is not repeated: it may hold a password. */
function checkUrl(url: string): void {
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return
  throw new SlipwayError('CONFIG_INVALID', 'the URL of the database is none: expected postgres://user:password@host:port/database')
}
