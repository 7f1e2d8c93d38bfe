import type { StoredRow } from '../../core/stored-sets.js'
import type { Database } from './database.js'
import { stateOf } from './failure.js'
import { setUnknown } from './stored-rows.js'
import type { StoredTables } from './stored-schema.js'

const pageRows = 5000

/** Every row of a set in key order, page by page: no statement is open while the reader works, so that the set can be dropped. */
export async function* exportRows(database: Database, tables: StoredTables, id: string): AsyncIterable<readonly StoredRow[]> {
  const { rows: sets } = await database.query(`SELECT number FROM ${tables.sets} WHERE id = $1`, [id])
  if (sets[0] === undefined) throw setUnknown(id)
  const table = tables.rows(sets[0]['number'] as number)
  let last = ''
  for (let row = 0; ; row += pageRows) {
    const page = await database
      .query(`SELECT key, value FROM ${table} WHERE key > $1 ORDER BY key LIMIT ${pageRows}`, [last])
      .catch((error) => {
        throw stateOf(error) === '42P01' ? setUnknown(id) : error
      })
    const rows = page.rows as unknown as readonly { readonly key: string; readonly value: string }[]
    if (rows.length === 0) return
    yield rows.map(({ key, value }, i) => ({ key, value, row: row + i }))
    last = rows.at(-1)!.key
  }
}
