import type { PoolClient } from 'pg'
import { SlipwayError } from '../../core/errors.js'
import { RowHash } from '../../core/row-hash.js'
import { storedKeyFault } from '../../core/stored-key.js'
import type { StoredPartitionWriter, StoredRow } from '../../core/stored-sets.js'
import type { PartitionRecord, RefusedRow } from '../../core/table.js'
import { CallerFault, callersOwn } from './caller-fault.js'
import { copyCell } from './copy-text.js'
import type { Database } from './database.js'
import { failure } from './failure.js'
import { KeyedLoad } from './keyed-load.js'
import { setUnknown } from './stored-rows.js'
import type { StoredTables } from './stored-schema.js'

type MakeRecord = Parameters<StoredPartitionWriter['commit']>[0]

/** Opens a partition of a loading set on a connection of its own: its rows and its record go into one transaction. */
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
  readonly #load: KeyedLoad
  readonly #hash = new RowHash()
  readonly #refused: RefusedRow[] = []
  /** Numbers of the rows that were taken, by their place in the load. */
  readonly #taken: number[] = []
  #open = true

  constructor(parts: Parts) {
    this.#parts = parts
    const { database, client, tables, number } = parts
    this.#load = new KeyedLoad(database, client, { table: tables.rows(number), columns: 'key, value', key: 'key' })
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
      this.#taken.push(row)
      lines += `${copyCell(key)}\t${copyCell(value)}\n`
    }
    try {
      await this.#load.write(Buffer.from(lines))
    } catch (error) {
      throw sinkFailed(error)
    }
  }

  async commit(makeRecord: MakeRecord): Promise<PartitionRecord> {
    const { client, tables, id, number, index } = this.#parts
    let record: PartitionRecord
    try {
      // Commits of one set wait for each other here, so that none meets the keys of another half-way.
      await loadingSet(client, tables, id, 'FOR UPDATE')
      const { rows, repeated } = await this.#load.insert()
      this.#refuse(repeated as unknown as readonly RepeatedRow[])
      this.#refused.sort((one, other) => one.row - other.row)
      const checksum = this.#hash.hex()
      record = await callersOwn(makeRecord(this.#refused, { bytes: 0, checksum }))
      await client.query(`INSERT INTO ${tables.partitions} (number, index, row_count, checksum, record) VALUES ($1, $2, $3, $4, $5)`, [
        number,
        index,
        rows,
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

  #refuse(repeated: readonly RepeatedRow[]): void {
    const hash = new RowHash()
    for (const { place, key, value } of repeated) {
      hash.add(key, value)
      this.#refused.push({ row: this.#taken[place]!, code: 'KEY_DUPLICATE', message: `the key \`${key}\` is in the set already` })
    }
    this.#hash.merge(negated(hash.hex()))
  }
}

interface RepeatedRow {
  readonly place: number
  readonly key: string
  readonly value: string
}

function sinkFailed(error: unknown): SlipwayError {
  return failure(error, 'SINK_FAILED', 'the store of predictions')
}

/** What a sum modulo 2^64 is added to to take it off. */
function negated(hex: string): string {
  return BigInt.asUintN(64, -BigInt(`0x${hex}`))
    .toString(16)
    .padStart(16, '0')
}
