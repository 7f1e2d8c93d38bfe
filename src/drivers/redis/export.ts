import { SlipwayError } from '../../core/errors.js'
import type { StoredRow } from '../../core/stored-sets.js'
import { entryOf } from './catalog.js'
import type { RedisConnection } from './connection.js'
import type { StoreKeys } from './keys.js'
import { valueOf } from './reads.js'

const pageRows = 1000

/** Every row of a set in key order. Redis keeps no order: the keys are sorted here, in memory. */
export async function* exportRows(redis: RedisConnection, keys: StoreKeys, id: string): AsyncIterable<readonly StoredRow[]> {
  const { number } = await entryOf(redis, keys, id)
  const table = keys.rows(number)
  const sorted = await sortedKeys(redis, table)
  for (let start = 0; start < sorted.length; start += pageRows) {
    const page = sorted.slice(start, start + pageRows)
    const cells = (await redis.send('HMGET', table, ...page)) as readonly (string | null)[]
    yield page.map((key, i) => {
      const cell = cells[i] ?? null
      if (cell === null) throw new SlipwayError('SET_UNKNOWN', `the set \`${id}\` was dropped meanwhile`)
      return { key, value: valueOf(cell), row: start + i }
    })
  }
}

async function sortedKeys(redis: RedisConnection, table: string): Promise<readonly string[]> {
  // A scan may give a key twice.
  const found = new Set<string>()
  let cursor = '0'
  do {
    const [next, cells] = (await redis.send('HSCAN', table, cursor, 'COUNT', String(pageRows))) as readonly [string, readonly string[]]
    for (let i = 0; i < cells.length; i += 2) found.add(cells[i]!)
    cursor = next
  } while (cursor !== '0')
  return [...found].sort(byCodePoint)
}

/** The order of the bytes in UTF-8, which differs from that of UTF-16 units for surrogates alone. */
function byCodePoint(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let i = 0; i < length; i++) {
    const a = one.charCodeAt(i)
    const b = other.charCodeAt(i)
    if (a !== b) return isSurrogate(a) === isSurrogate(b) ? a - b : isSurrogate(a) ? 1 : -1
  }
  return one.length - other.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000
}
