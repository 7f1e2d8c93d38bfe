import { SlipwayError } from '../../core/errors.js'
import type { Flip, StoredSets } from '../../core/stored-sets.js'
import type { Database } from './database.js'
import { setUnknown } from './stored-rows.js'
import type { StoredTables } from './stored-schema.js'

type Request = Parameters<StoredSets['flip']>[0]

/** Moves the pointer of a model and writes it into the history, in one transaction. */
export function flip(database: Database, tables: StoredTables, request: Request, at: number): Promise<Flip> {
  const { model, set, kind, by, reason, expected } = request
  return database.transaction(async (client) => {
    // The lock keeps the set from being dropped meanwhile.
    const found = await client.query<{ number: number; state: string; model: string }>(
      `SELECT number, state, model FROM ${tables.sets} WHERE id = $1 FOR SHARE`,
      [set],
    )
    const target = found.rows[0]
    if (target === undefined) throw setUnknown(set)
    if (target.model !== model) throw new SlipwayError('SET_UNKNOWN', `the set \`${set}\` is of the model \`${target.model}\``)
    if (target.state !== 'complete') throw new SlipwayError('SET_INCOMPLETE', `the set \`${set}\` is ${target.state}`)
    await client.query(`INSERT INTO ${tables.active} (model) VALUES ($1) ON CONFLICT DO NOTHING`, [model])
    const active = await client.query<{ id: string | null }>(
      `SELECT s.id FROM ${tables.active} a LEFT JOIN ${tables.sets} s USING (number) WHERE a.model = $1 FOR UPDATE OF a`,
      [model],
    )
    const previous = active.rows[0]?.id ?? null
    if (expected !== undefined && expected !== previous) {
      throw new SlipwayError('ALIAS_CONFLICT', `the active set of \`${model}\` is ${previous ?? 'none'}, not ${expected ?? 'none'}`)
    }
    await client.query(`UPDATE ${tables.active} SET number = $2 WHERE model = $1`, [model, target.number])
    await client.query(`INSERT INTO ${tables.flips} (model, set_id, previous, at, kind, by, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)`, [
      model,
      set,
      previous,
      at,
      kind,
      by,
      reason,
    ])
    return { model, set, previous, at, kind, by, reason }
  })
}
