import { joinReads } from '../../core/join-reads.js'
import type { PartitionRecord } from '../../core/table.js'
import type { StoredSets } from '../../core/stored-sets.js'
import { openDatabase } from './database.js'
import { completeSet, createSet, dropSet, judgeSet } from './stored-changes.js'
import { exportRows } from './stored-export.js'
import { flip } from './stored-flip.js'
import { openStoredPartition } from './stored-partition.js'
import { createLook } from './stored-reads.js'
import { readFlip, readSet, setUnknown } from './stored-rows.js'
import { prepareStore, storedTables } from './stored-schema.js'

export interface PostgresStoredSetsOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  /** Schema of the tables; `slipway` when left out. Made when it is missing. */
  readonly schema?: string
  /** Connections that reads use at most; 4 when left out. */
  readonly readConnections?: number
}

/** Limit of a statement that readers wait for. */
const readTimeoutMs = 5000
/** Partitions that are open at once, and changes under way. */
const writeConnections = 16

/** Sets of predictions in Postgres: a table for each set, and a pointer that reads join with it in one statement. STORE_UNAVAILABLE when it does not answer. */
export async function openPostgresStoredSets(options: PostgresStoredSetsOptions): Promise<StoredSets> {
  const { url, schema = 'slipway', readConnections = 4 } = options
  const store = { url, what: 'the store of predictions' }
  const reads = await openDatabase({
    ...store,
    connections: readConnections,
    statementTimeoutMs: readTimeoutMs,
    // `key = ANY (…)` would be planned anew for each read, which takes longer than the read; there is one way to look keys up, by their index.
    settings: { plan_cache_mode: 'force_generic_plan' },
    code: 'STORE_UNAVAILABLE',
  })
  const changes = await openDatabase({ ...store, connections: 4, statementTimeoutMs: readTimeoutMs, code: 'STORE_UNAVAILABLE' })
  const long = await openDatabase({ ...store, connections: writeConnections, statementTimeoutMs: 0, code: 'STORE_UNAVAILABLE' })
  const tables = storedTables(schema)
  const close = async (): Promise<void> => {
    await Promise.all([reads.close(), changes.close(), long.close()])
  }
  const version = await prepareStore(changes, schema, tables).catch(async (error: unknown) => {
    await close()
    throw error
  })
  const look = createLook(reads, tables)
  const read = joinReads({ look, maxKeys: 4096, maxInFlight: readConnections, defer: setImmediate })

  return {
    engine: `postgres ${version}`,
    create: (set) => createSet(changes, tables, set),
    openPartition: (set, index) => openStoredPartition(long, tables, set, index),
    async partitions(set) {
      const { rows } = await changes.query(
        `SELECT p.record FROM ${tables.sets} s LEFT JOIN ${tables.partitions} p USING (number) WHERE s.id = $1 ORDER BY p.index`,
        [set],
      )
      if (rows.length === 0) throw setUnknown(set)
      return rows.flatMap(({ record }) => (record === null ? [] : [JSON.parse(record as string) as PartitionRecord]))
    },
    complete: (set, expected) => completeSet(long, tables, set, expected),
    judge: (set, state, details) => judgeSet(changes, tables, set, state, details),
    flip: (request) => flip(changes, tables, request, Date.now()),
    async flips(model) {
      const { rows } = await changes.query(`SELECT * FROM ${tables.flips} WHERE model = $1 ORDER BY number DESC`, [model])
      return rows.map((row) => readFlip(row))
    },
    async active(model) {
      const { rows } = await changes.query(`SELECT s.* FROM ${tables.active} a JOIN ${tables.sets} s USING (number) WHERE a.model = $1`, [
        model,
      ])
      return rows[0] === undefined ? null : readSet(rows[0]).set
    },
    async sets(model) {
      const { rows } = await changes.query(`SELECT * FROM ${tables.sets} WHERE $1::text IS NULL OR model = $1 ORDER BY number DESC`, [
        model ?? null,
      ])
      return rows.map((row) => readSet(row).set)
    },
    async set(id) {
      const { rows } = await changes.query(`SELECT * FROM ${tables.sets} WHERE id = $1`, [id])
      return rows[0] === undefined ? null : readSet(rows[0]).set
    },
    read: (model, keys, { signal } = {}) => read(model, keys, signal),
    drop: (set) => dropSet(long, tables, set),
    rows: (set) => exportRows(changes, tables, set),
    close,
  }
}
