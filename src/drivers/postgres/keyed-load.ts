import type { PoolClient } from 'pg'
import { CopyWriter } from './copy-text.js'
import type { Database } from './database.js'
import { stateOf } from './failure.js'

/** A table with a unique key that rows go into by COPY. Names are quoted. */
export interface KeyedTable {
  readonly table: string
  /** Columns in the order of the cells: `"key", "value"`. */
  readonly columns: string
  readonly key: string
}

export interface LoadedRows {
  readonly rows: number
  /** Rows whose key the table had already, or an earlier row of the load: cells by column, and `place`, the number of the row in the load from 0. */
  readonly repeated: readonly Record<string, unknown>[]
}

/** Bytes of rows that wait in memory at most. */
const maxWaiting = 32 << 20
const uniqueViolation = '23505'
const staging = 'pg_temp.slipway_rows'

/**
 * Rows on their way into a table with a key, inside the transaction of a connection. They wait in memory until `insert` copies them straight into
 * the table, so that transactions which end in another order than they began never wait for each other's keys. Too many for that wait in a
 * temporary table, and so do those with a key that repeats: of these the first stays.
 */
export class KeyedLoad {
  readonly #database: Database
  readonly #client: PoolClient
  readonly #target: KeyedTable
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #staged: CopyWriter | null = null

  constructor(database: Database, client: PoolClient, target: KeyedTable) {
    this.#database = database
    this.#client = client
    this.#target = target
  }

  /** Takes lines in COPY's text format. */
  async write(lines: Buffer): Promise<void> {
    this.#waiting.push(lines)
    this.#waitingBytes += lines.length
    if (this.#staged !== null || this.#waitingBytes > maxWaiting) await this.#stage()
  }

  /** Puts the rows into the table; to be called once. */
  async insert(): Promise<LoadedRows> {
    await this.#staged?.end()
    await this.#client.query('SAVEPOINT quick')
    try {
      return { rows: await this.#insertAll(), repeated: [] }
    } catch (error) {
      if (stateOf(error) !== uniqueViolation) throw error
      // Released too: rows of a subtransaction would not have the `xmin` of this one.
      await this.#client.query('ROLLBACK TO SAVEPOINT quick; RELEASE SAVEPOINT quick')
    }
    if (this.#staged === null) await (await this.#stage()).end()
    return this.#insertFirst()
  }

  /** The quick way, which goes wrong as a whole when a key repeats. */
  async #insertAll(): Promise<number> {
    const { table, columns } = this.#target
    if (this.#staged !== null)
      return (await this.#client.query(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${staging}`)).rowCount ?? 0
    const copy = new CopyWriter(this.#client.query(this.#database.copyFrom(`COPY ${table} (${columns}) FROM STDIN`)))
    for (const lines of this.#waiting) await copy.write(lines)
    return copy.end()
  }

  async #insertFirst(): Promise<LoadedRows> {
    const { table, columns, key } = this.#target
    const inserted = await this.#client.query(
      `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${staging} ORDER BY ${key}, slipway_place ON CONFLICT DO NOTHING`,
    )
    // Keys that the table has from this transaction are of the first rows; `xmin` tells them from those that it had before.
    const { rows } = await this.#client.query<Record<string, unknown>>(
      `SELECT s.*, s.slipway_place - 1 AS place
       FROM (SELECT *, row_number() OVER (PARTITION BY ${key} ORDER BY slipway_place) AS nth FROM ${staging}) s
       JOIN ${table} t USING (${key}) WHERE s.nth > 1 OR t.xmin <> pg_current_xact_id()::xid ORDER BY s.slipway_place`,
    )
    return { rows: inserted.rowCount ?? 0, repeated: rows }
  }

  async #stage(): Promise<CopyWriter> {
    const { table, columns } = this.#target
    if (this.#staged === null) {
      await this.#client.query(
        `CREATE TEMP TABLE slipway_rows (LIKE ${table}, slipway_place integer GENERATED ALWAYS AS IDENTITY (CACHE 1000)) ON COMMIT DROP`,
      )
      this.#staged = new CopyWriter(this.#client.query(this.#database.copyFrom(`COPY ${staging} (${columns}) FROM STDIN`)))
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const lines of waiting) await this.#staged.write(lines)
    return this.#staged
  }
}
