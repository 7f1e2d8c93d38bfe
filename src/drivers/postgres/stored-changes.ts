import type { PoolClient } from 'pg'
import { SlipwayError } from '../../core/errors.js'
import { RowHash } from '../../core/row-hash.js'
import type { NewSet, StoredSet, StoredSets } from '../../core/stored-sets.js'
import type { Database } from './database.js'
import { readSet, setUnknown, type NumberedSet } from './stored-rows.js'
import type { StoredTables } from './stored-schema.js'

type Expected = Parameters<StoredSets['complete']>[1]

/** Makes a set and its table; see StoredSets. */
export async function createSet(database: Database, tables: StoredTables, set: NewSet): Promise<void> {
  const { id, model, version, digest, producedAt } = set
  await database.transaction(async (client) => {
    const made = await client.query<{ number: number }>(
      `INSERT INTO ${tables.sets} (id, model, version, digest, produced_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING RETURNING number`,
      [id, model, version, digest, producedAt],
    )
    if (made.rows[0] === undefined) return refuseOther(await lockedSet(client, tables, id), set)
    // Keys are found by their bytes. Rows never change once they are there, so that there is nothing to vacuum.
    await client.query(
      `CREATE TABLE ${tables.rows(made.rows[0].number)} (key text COLLATE "C" PRIMARY KEY, value text NOT NULL)
       WITH (autovacuum_enabled = false)`,
    )
  })
}

function refuseOther({ set }: NumberedSet, wanted: NewSet): void {
  const names = ['model', 'version', 'digest', 'producedAt'] as const
  const other = names.filter((name) => set[name] !== wanted[name])
  if (other.length > 0) throw new SlipwayError('SET_CONFLICT', `the set \`${set.id}\` is there already with another ${other.join(', ')}`)
}

/** Makes a set complete when it is whole; see StoredSets. */
export function completeSet(database: Database, tables: StoredTables, id: string, expected: Expected): Promise<StoredSet> {
  return database.transaction(async (client) => {
    const { number, set } = await lockedSet(client, tables, id)
    if (set.state !== 'loading') {
      refuseIncomplete(id, set, expected)
      return set
    }
    const counted = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${tables.rows(number)}`)
    const parts = await client.query<{ checksum: string }>(`SELECT checksum FROM ${tables.partitions} WHERE number = $1`, [number])
    const hash = new RowHash()
    for (const { checksum } of parts.rows) hash.merge(checksum)
    const found = { rows: Number(counted.rows[0]!.count), checksum: hash.hex() }
    refuseIncomplete(id, found, expected)
    // Plans of reads go by statistics, which would come minutes later by themselves.
    await client.query(`ANALYZE ${tables.rows(number)}`)
    const { rows } = await client.query<Record<string, unknown>>(
      `UPDATE ${tables.sets} SET state = 'complete', row_count = $2, fallback_rows = $3, checksum = $4, details = $5 WHERE number = $1 RETURNING *`,
      [number, found.rows, expected.fallbackRows, found.checksum, JSON.stringify(expected.details)],
    )
    return readSet(rows[0]!).set
  })
}

function refuseIncomplete(id: string, found: Pick<StoredSet, 'rows' | 'checksum'>, expected: Expected): void {
  if (found.rows === expected.rows && found.checksum === expected.checksum) return
  throw new SlipwayError(
    'SET_INCOMPLETE',
    `the set \`${id}\` has ${found.rows} rows with checksum ${found.checksum}, expected ${expected.rows} with ${expected.checksum}`,
  )
}

/** Changes state and details of a complete set; see StoredSets. */
export function judgeSet(
  database: Database,
  tables: StoredTables,
  id: string,
  state: 'complete' | 'refused',
  details: StoredSet['details'],
): Promise<StoredSet> {
  return database.transaction(async (client) => {
    const { number, set } = await lockedSet(client, tables, id)
    if (set.state === 'loading') throw new SlipwayError('SET_INCOMPLETE', `the set \`${id}\` is loading`)
    await client.query(`UPDATE ${tables.sets} SET state = $2, details = $3 WHERE number = $1`, [number, state, JSON.stringify(details)])
    return { ...set, state, details }
  })
}

/** Removes a set and its table; see StoredSets. */
export function dropSet(database: Database, tables: StoredTables, id: string): Promise<void> {
  return database.transaction(async (client) => {
    const { number, set } = await lockedSet(client, tables, id)
    const { rows } = await client.query(`SELECT 1 FROM ${tables.active} WHERE number = $1`, [number])
    if (rows.length > 0) throw new SlipwayError('SET_ACTIVE', `readers of \`${set.model}\` are answered from the set \`${id}\``)
    await client.query(`DELETE FROM ${tables.sets} WHERE number = $1`, [number])
    await client.query(`DROP TABLE IF EXISTS ${tables.rows(number)}`)
  })
}

async function lockedSet(client: PoolClient, tables: StoredTables, id: string): Promise<NumberedSet> {
  const { rows } = await client.query<Record<string, unknown>>(`SELECT * FROM ${tables.sets} WHERE id = $1 FOR UPDATE`, [id])
  if (rows[0] === undefined) throw setUnknown(id)
  return readSet(rows[0])
}
