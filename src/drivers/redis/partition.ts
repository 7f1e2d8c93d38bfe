import { SlipwayError } from '../../core/errors.js'
import { RowHash } from '../../core/row-hash.js'
import { storedKeyFault } from '../../core/stored-key.js'
import type { StoredPartitionWriter, StoredRow } from '../../core/stored-sets.js'
import type { PartitionRecord, RefusedRow } from '../../core/table.js'
import { entryOf, type CatalogEntry } from './catalog.js'
import type { KeptPartition } from './changes.js'
import { failure, script, type RedisConnection } from './connection.js'
import type { StoreKeys } from './keys.js'

/** Rows of one script: few enough that readers do not wait for it. */
const stepRows = 500
/** Steps on their way at once. */
const maxSteps = 8

/** Opens a partition of a loading set. Rows wait in memory until the commit. */
export async function openRedisPartition(
  redis: RedisConnection,
  keys: StoreKeys,
  id: string,
  index: number,
): Promise<StoredPartitionWriter> {
  const { number, set } = await entryOf(redis, keys, id)
  if (set.state !== 'loading') throw new SlipwayError('SET_CONFLICT', `the set \`${id}\` is ${set.state}: no more rows can be written`)
  if (Number(await redis.send('HEXISTS', keys.partitions(number), String(index))) === 1) throw committed(id, index)
  return new RedisPartition(redis, { sets: keys.sets, rows: keys.rows(number), partitions: keys.partitions(number), id, index })
}

function committed(id: string, index: number): SlipwayError {
  return new SlipwayError('SET_CONFLICT', `partition ${index} of the set \`${id}\` is committed already`)
}

interface Place {
  readonly sets: string
  readonly rows: string
  readonly partitions: string
  readonly id: string
  readonly index: number
}

/**
 * A partition is committed in steps, since one transaction of all its rows would stop every reader meanwhile: first its rows, each marked with the
 * index of the partition, then its record. What a kill leaves in between has no record, so that the set is not complete; the same partition written
 * again knows its own rows by the mark and writes them over.
 */
class RedisPartition implements StoredPartitionWriter {
  readonly #redis: RedisConnection
  readonly #place: Place
  readonly #rows = new Map<string, StoredRow>()
  readonly #refused: RefusedRow[] = []
  #open = true

  constructor(redis: RedisConnection, place: Place) {
    this.#redis = redis
    this.#place = place
  }

  async write(rows: readonly StoredRow[]): Promise<void> {
    for (const row of rows) {
      const fault = storedKeyFault(row.key)
      if (fault !== null) this.#refused.push({ row: row.row, ...fault })
      else if (this.#rows.has(row.key)) this.#refuse(row)
      else this.#rows.set(row.key, row)
    }
  }

  async commit(makeRecord: Parameters<StoredPartitionWriter['commit']>[0]): Promise<PartitionRecord> {
    if (!this.#open) throw new SlipwayError('SINK_FAILED', 'the partition was closed')
    this.#open = false
    try {
      await this.#store()
    } catch (error) {
      await this.#takeBack()
      throw failure(error, 'SINK_FAILED')
    }
    this.#refused.sort((one, other) => one.row - other.row)
    const hash = new RowHash()
    for (const { key, value } of this.#rows.values()) hash.add(key, value)
    const checksum = hash.hex()
    let record: PartitionRecord
    try {
      record = await makeRecord(this.#refused, { bytes: 0, checksum })
    } catch (error) {
      await this.#takeBack()
      throw error
    }
    await this.#keep({ checksum, record })
    return record
  }

  async abort(): Promise<void> {
    this.#open = false
    this.#rows.clear()
  }

  #refuse({ row, key }: StoredRow): void {
    this.#refused.push({ row, code: 'KEY_DUPLICATE', message: `the key \`${key}\` is in the set already` })
  }

  /** Writes the rows; those whose key is of another partition are refused. */
  async #store(): Promise<void> {
    const { rows, index } = this.#place
    await this.#inSteps(async (step) => {
      const cells = step.flatMap(({ key, value }) => [key, value])
      const taken = (await this.#redis.run(storeRows, [rows], [`${index}:`, ...cells])) as readonly number[]
      for (const at of taken) {
        const row = step[at]!
        this.#rows.delete(row.key)
        this.#refuse(row)
      }
    })
  }

  async #keep(kept: KeptPartition): Promise<void> {
    const { sets, partitions, id, index } = this.#place
    let answer: unknown
    try {
      const text = (await this.#redis.send('HGET', sets, id)) as string | null
      const loading = text !== null && (JSON.parse(text) as CatalogEntry).set.state === 'loading'
      answer = await this.#redis.run(keepRecord, [sets, partitions], [id, loading ? text : '', String(index), JSON.stringify(kept)])
    } catch (error) {
      throw failure(error, 'SINK_FAILED')
    }
    if (answer === 1) return
    if (answer === 2) throw committed(id, index)
    await this.#takeBack()
    throw new SlipwayError('SET_CONFLICT', `the set \`${id}\` is not loading any more`)
  }

  /** Removes the rows again, unless they are committed by another that wrote the same partition. What is out of reach is written over later. */
  async #takeBack(): Promise<void> {
    const { rows, partitions, index } = this.#place
    await this.#inSteps(async (step) => {
      const args = [`${index}:`, String(index), ...step.map(({ key }) => key)]
      await this.#redis.run(removeRows, [rows, partitions], args).catch(() => undefined)
    })
  }

  async #inSteps(run: (step: readonly StoredRow[]) => Promise<void>): Promise<void> {
    const all = [...this.#rows.values()]
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < all.length) {
        const step = all.slice(next, next + stepRows)
        next += stepRows
        await run(step)
      }
    }
    await Promise.all(Array.from({ length: maxSteps }, lane))
  }
}

/** Gives the places of the rows whose key another partition has. */
const storeRows = script(`
  local owner, taken = ARGV[1], {}
  for i = 2, #ARGV, 2 do
    local cell = owner .. ARGV[i + 1]
    if redis.call('HSETNX', KEYS[1], ARGV[i], cell) == 0 then
      if string.sub(redis.call('HGET', KEYS[1], ARGV[i]), 1, #owner) == owner then redis.call('HSET', KEYS[1], ARGV[i], cell)
      else taken[#taken + 1] = (i - 2) / 2 end
    end
  end
  return taken`)

const removeRows = script(`
  if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 0 end
  for i = 3, #ARGV do
    local cell = redis.call('HGET', KEYS[1], ARGV[i])
    if cell and string.sub(cell, 1, #ARGV[1]) == ARGV[1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
  end
  return 1`)

/** Only while the set is loading; 2 when the partition has a record already. */
const keepRecord = script(`
  if ARGV[2] == '' or redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
  if redis.call('HSETNX', KEYS[2], ARGV[3], ARGV[4]) == 0 then return 2 end
  return 1`)
