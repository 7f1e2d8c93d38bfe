import { SlipwayError } from '../../core/errors.js'
import type { FoundValues } from '../../core/join-reads.js'
import type { StoredSetHead } from '../../core/stored-sets.js'
import type { Database } from './database.js'
import { stateOf } from './failure.js'
import { headOf } from './stored-rows.js'
import type { StoredTables } from './stored-schema.js'

interface Pointer {
  readonly number: number
  readonly head: StoredSetHead
  /** Name and text of the prepared statement. */
  readonly name: string
  readonly sql: string
}

/** How often a read follows a pointer that moves under it. */
const maxTries = 10
const undefinedTable = '42P01'

/**
 * Looks keys up in the active set. The table of the set that was active last is read together with the pointer, in one statement and so in one
 * snapshot: only when the pointer still stands there do the values count, else it is followed and read again.
 */
export function createLook(database: Database, tables: StoredTables): (model: string, keys: readonly string[]) => Promise<FoundValues> {
  const pointers = new Map<string, Pointer>()

  async function pointerOf(model: string): Promise<Pointer | null> {
    const { rows } = await database.query(`SELECT s.* FROM ${tables.active} a JOIN ${tables.sets} s USING (number) WHERE a.model = $1`, [
      model,
    ])
    if (rows[0] === undefined) return null
    const number = rows[0]['number'] as number
    const pointer = {
      number,
      head: headOf(rows[0]),
      name: `slipway_read_${number}`,
      sql: `SELECT a.number, r.key, r.value FROM ${tables.active} a
            LEFT JOIN ${tables.rows(number)} r ON a.number = ${number} AND r.key = ANY ($2::text[]) WHERE a.model = $1`,
    }
    pointers.set(model, pointer)
    return pointer
  }

  /** Null when the pointer stands elsewhere by now. */
  async function readFrom(pointer: Pointer, model: string, keys: readonly string[]): Promise<FoundValues | null> {
    const { number, head, name, sql } = pointer
    const rows = await database.prepared(name, sql, [model, keys]).catch((error: unknown) => {
      // The set was dropped, after the pointer had left it.
      if (stateOf(error) === undefinedTable) return []
      throw error
    })
    if (Number(rows[0]?.[0]) !== number) return null
    const values = new Map<string, string>()
    for (const row of rows) if (row[1] !== null) values.set(row[1]!, row[2]!)
    return { set: head, values }
  }

  return async (model, keys) => {
    for (let tries = 0; tries < maxTries; tries++) {
      const pointer = pointers.get(model) ?? (await pointerOf(model))
      if (pointer === null) return { set: null, values: new Map() }
      const found = await readFrom(pointer, model, keys)
      if (found !== null) return found
      pointers.delete(model)
    }
    throw new SlipwayError('STORE_UNAVAILABLE', `the pointer of \`${model}\` moved ${maxTries} times during one lookup`)
  }
}
