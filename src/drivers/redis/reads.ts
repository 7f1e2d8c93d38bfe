import type { FoundValues } from '../../core/join-reads.js'
import type { StoredSetHead } from '../../core/stored-sets.js'
import { headOf } from './catalog.js'
import { script, type RedisConnection } from './connection.js'
import type { StoreKeys } from './keys.js'

/** Pointer and values in one step: the pointer begins with the number of the set. */
const readKeys = script(`
  local pointer = redis.call('HGET', KEYS[1], ARGV[1])
  if not pointer then return {} end
  if #ARGV == 2 then return {pointer} end
  return {pointer, redis.call('HMGET', ARGV[2] .. string.match(pointer, '^%d+'), unpack(ARGV, 3))}`)

/** Looks keys up in the active set. */
export function createLook(redis: RedisConnection, keys: StoreKeys): (model: string, wanted: readonly string[]) => Promise<FoundValues> {
  let known: { readonly pointer: string; readonly head: StoredSetHead } | null = null
  return async (model, wanted) => {
    const answer = (await redis.run(readKeys, [keys.active], [model, keys.rowsPrefix, ...wanted])) as readonly [
      string?,
      (readonly (string | null)[])?,
    ]
    const [pointer, cells = []] = answer
    const values = new Map<string, string>()
    if (pointer === undefined) return { set: null, values }
    if (known?.pointer !== pointer) known = { pointer, head: headOf(pointer) }
    const { head } = known
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]!
      if (cell !== null) values.set(wanted[i]!, valueOf(cell))
    }
    return { set: head, values }
  }
}

/** Without the index of its partition. */
export function valueOf(cell: string): string {
  return cell.slice(cell.indexOf(':') + 1)
}
