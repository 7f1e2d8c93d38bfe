import type { PoolClient } from 'pg'
import { SlipwayError } from '../../core/errors.js'
import { RowHash } from '../../core/row-hash.js'
import { storedKeyFault } from '../../core/stored-key.js'
import type { StoredPartitionWriter, StoredRow } from '../../core/stored-sets.js'
import type { PartitionRecord, RefusedRow } from '../../core/table.js'
import { copyCell, CopyWriter } from './copy-text.js'
import type { Database } from './database.js'
import { failure, stateOf } from './failure.js'
import { setUnknown } from './stored-rows.js'
import type { StoredTables } from './stored-schema.js'

type MakeRecord = Parameters<StoredPartitionWriter['commit']>[0]

/**
 * Opens a partition of a loading set on a connection of its own. Rows wait in memory until the commit copies them straight into the set, with the
 * record in the same transaction; too many for that wait in a temporary table, and so do those of a partition with keys that repeat.
 */
export async function openStoredPartition(
  database: Database,
  tables: StoredTables,
  id: string,
  index: number,
): Promise<StoredPartitionWriter> {
  const client = await database.connect()
  try {
    await client.query('BEGIN')
    const number = await loadingSet(client, tables, id, '')
    const { rows } = await client.query(`SELECT 1 FROM ${tables.partitions} WHERE number = $1 AND index = $2`, [number, index])
    if (rows.length > 0) throw new SlipwayError('SET_CONFLICT', `partition ${index} of the set \`${id}\` is committed already`)
    return new StoredPartition({ database, client, tables, id, number, index })
  } catch (error) {
    client.release(true)
    throw database.failed(error)
  }
}

const staging = 'pg_temp.slipway_rows'
/** Bytes of rows that wait in memory at most. */
const maxWaiting = 32 << 20
const uniqueViolation = '23505'

/** The number of a set that is loading; locked as `lock` says. */
async function loadingSet(client: PoolClient, tables: StoredTables, id: string, lock: '' | 'FOR UPDATE'): Promise<number> {
  const { rows } = await client.query<{ number: number; state: string }>(`SELECT number, state FROM ${tables.sets} WHERE id = $1 ${lock}`, [
    id,
  ])
  if (rows[0] === undefined) throw setUnknown(id)
  if (rows[0].state !== 'loading')
    throw new SlipwayError('SET_CONFLICT', `the set \`${id}\` is ${rows[0].state}: no more rows can be written`)
  return rows[0].number
}

interface Parts {
  readonly database: Database
  readonly client: PoolClient
  readonly tables: StoredTables
  readonly id: string
  readonly number: number
  readonly index: number
}

class StoredPartition implements StoredPartitionWriter {
  readonly #parts: Parts
  readonly #hash = new RowHash()
  readonly #refused: RefusedRow[] = []
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #staged: CopyWriter | null = null
  #open = true

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async write(rows: readonly StoredRow[]): Promise<void> {
    let lines = ''
    for (const { row, key, value } of rows) {
      const fault = storedKeyFault(key)
      if (fault !== null) {
        this.#refused.push({ row, ...fault })
        continue
      }
      this.#hash.add(key, value)
      lines += `${row}\t${copyCell(key)}\t${copyCell(value)}\n`
    }
    const bytes = Buffer.from(lines)
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#staged === null && this.#waitingBytes <= maxWaiting) return
    try {
      this.#staged ??= await this.#stage()
      await this.#drain(this.#staged)
    } catch (error) {
      throw sinkFailed(error)
    }
  }

  async commit(makeRecord: MakeRecord): Promise<PartitionRecord> {
    const { client, tables, id, number, index } = this.#parts
    let record: PartitionRecord
    try {
      await this.#staged?.end()
      // Commits of one set wait for each other here, so that none meets the keys of another half-way.
      await loadingSet(client, tables, id, 'FOR UPDATE')
      const inserted = await this.#insert()
      this.#refused.sort((one, other) => one.row - other.row)
      const checksum = this.#hash.hex()
      record = await fromCaller(makeRecord(this.#refused, { bytes: 0, checksum }))
      await client.query(`INSERT INTO ${tables.partitions} (number, index, row_count, checksum, record) VALUES ($1, $2, $3, $4, $5)`, [
        number,
        index,
        inserted,
        checksum,
        JSON.stringify(record),
      ])
      await client.query('COMMIT')
    } catch (error) {
      await this.abort()
      if (error instanceof CallerFault) throw error.cause
      throw sinkFailed(error)
    }
    this.#close()
    return record
  }

  async abort(): Promise<void> {
    // Ending the connection takes everything back.
    this.#close(true)
  }

  #close(broken?: true): void {
    if (!this.#open) return
    this.#open = false
    this.#parts.client.release(broken)
  }

  /** Puts the rows into the set; resolves to how many. The quick ways go wrong as a whole when a key repeats. */
  async #insert(): Promise<number> {
    const { client, tables, number } = this.#parts
    const table = tables.rows(number)
    await client.query('SAVEPOINT quick')
    try {
      if (this.#staged === null) return await this.#copyInto(table)
      const { rowCount } = await client.query(`INSERT INTO ${table} SELECT * FROM ${staging}`)
      return rowCount ?? 0
    } catch (error) {
      if (stateOf(error) !== uniqueViolation) throw error
      // Released too: rows of a subtransaction would not have the `xmin` of this one.
      await client.query('ROLLBACK TO SAVEPOINT quick; RELEASE SAVEPOINT quick')
    }
    if (this.#staged === null) {
      const staged = await this.#stage()
      await this.#drain(staged)
      await staged.end()
    }
    const { rowCount } = await client.query(`INSERT INTO ${table} SELECT * FROM ${staging} ORDER BY key, row ON CONFLICT DO NOTHING`)
    await this.#findRepeated()
    return rowCount ?? 0
  }

  async #copyInto(table: string): Promise<number> {
    const { client, database } = this.#parts
    const copy = new CopyWriter(client.query(database.copyFrom(`COPY ${table} FROM STDIN`)))
    for (const bytes of this.#waiting) await copy.write(bytes)
    return copy.end()
  }

  async #stage(): Promise<CopyWriter> {
    const { client, database } = this.#parts
    await client.query(
      `CREATE TEMP TABLE slipway_rows (row integer NOT NULL, key text COLLATE "C" NOT NULL, value text NOT NULL) ON COMMIT DROP`,
    )
    return new CopyWriter(client.query(database.copyFrom(`COPY ${staging} FROM STDIN`)))
  }

  async #drain(copy: CopyWriter): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    for (const bytes of waiting) await copy.write(bytes)
  }

  /** Rows whose key the set has from this transaction stay, the first of each key; `xmin` tells which they are. */
  async #findRepeated(): Promise<void> {
    const { client, tables, number } = this.#parts
    const { rows } = await client.query<{ row: number; key: string; value: string }>(
      `SELECT s.row, s.key, s.value
       FROM (SELECT *, row_number() OVER (PARTITION BY key ORDER BY row) AS place FROM ${staging}) s
       JOIN ${tables.rows(number)} t USING (key) WHERE s.place > 1 OR t.xmin <> pg_current_xact_id()::xid`,
    )
    const repeated = new RowHash()
    for (const { row, key, value } of rows) {
      repeated.add(key, value)
      this.#refused.push({ row, code: 'KEY_DUPLICATE', message: `the key \`${key}\` is in the set already` })
    }
    this.#hash.merge(negated(repeated.hex()))
  }
}

function sinkFailed(error: unknown): SlipwayError {
  return failure(error, 'SINK_FAILED', 'the store of predictions')
}

/** An error of the caller's own function, which is handed back as it is. */
class CallerFault extends Error {}

async function fromCaller<T>(result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (cause) {
    throw new CallerFault('the record could not be made', { cause })
  }
}

/** What a sum modulo 2^64 is added to to take it off. */
function negated(hex: string): string {
  return BigInt.asUintN(64, -BigInt(`0x${hex}`))
    .toString(16)
    .padStart(16, '0')
}
