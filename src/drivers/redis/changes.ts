import { SlipwayError } from '../../core/errors.js'
import { RowHash } from '../../core/row-hash.js'
import type { Flip, NewSet, StoredSet, StoredSets } from '../../core/stored-sets.js'
import type { PartitionRecord } from '../../core/table.js'
import { entryOf, entryText, headOf, pointerText, replaceEntry, retried } from './catalog.js'
import { script, type RedisConnection } from './connection.js'
import type { StoreKeys } from './keys.js'

type Expected = Parameters<StoredSets['complete']>[1]

/** What is kept of a partition. */
export interface KeptPartition {
  readonly checksum: string
  readonly record: PartitionRecord
}

/** Makes an empty set; see StoredSets. */
export async function createSet(redis: RedisConnection, keys: StoreKeys, wanted: NewSet): Promise<void> {
  const { id, model, version, digest, producedAt } = wanted
  const number = Number(await redis.send('INCR', keys.number))
  const set: StoredSet = {
    id,
    model,
    version,
    digest,
    producedAt,
    state: 'loading',
    rows: 0,
    fallbackRows: 0,
    checksum: new RowHash().hex(),
    details: {},
  }
  if (Number(await redis.send('HSETNX', keys.sets, id, entryText({ number, set }))) === 1) return
  const { set: there } = await entryOf(redis, keys, id)
  const names = ['model', 'version', 'digest', 'producedAt'] as const
  const other = names.filter((name) => there[name] !== wanted[name])
  if (other.length > 0) throw new SlipwayError('SET_CONFLICT', `the set \`${id}\` is there already with another ${other.join(', ')}`)
}

/** Partitions that are committed, by index. */
export async function keptPartitions(redis: RedisConnection, keys: StoreKeys, number: number): Promise<readonly KeptPartition[]> {
  const texts = (await redis.send('HVALS', keys.partitions(number))) as readonly string[]
  return texts
    .map((text) => JSON.parse(text) as KeptPartition)
    .sort((one, other) => one.record.partition.index - other.record.partition.index)
}

/** Makes a set complete when it is whole; see StoredSets. */
export function completeSet(redis: RedisConnection, keys: StoreKeys, id: string, expected: Expected): Promise<StoredSet> {
  return retried(async () => {
    const { number, set, text } = await entryOf(redis, keys, id)
    if (set.state !== 'loading') {
      refuseIncomplete(id, set, expected)
      return set
    }
    const hash = new RowHash()
    for (const { checksum } of await keptPartitions(redis, keys, number)) hash.merge(checksum)
    const found = { rows: Number(await redis.send('HLEN', keys.rows(number))), checksum: hash.hex() }
    refuseIncomplete(id, found, expected)
    const complete: StoredSet = { ...set, ...found, state: 'complete', fallbackRows: expected.fallbackRows, details: expected.details }
    return replaced(redis, keys, { number, text }, complete)
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
  redis: RedisConnection,
  keys: StoreKeys,
  id: string,
  state: 'complete' | 'refused',
  details: StoredSet['details'],
): Promise<StoredSet> {
  return retried(async () => {
    const { number, set, text } = await entryOf(redis, keys, id)
    if (set.state === 'loading') throw new SlipwayError('SET_INCOMPLETE', `the set \`${id}\` is loading`)
    return replaced(redis, keys, { number, text }, { ...set, state, details })
  })
}

async function replaced(
  redis: RedisConnection,
  keys: StoreKeys,
  before: { readonly number: number; readonly text: string },
  set: StoredSet,
): Promise<StoredSet | undefined> {
  const { number, text } = before
  const args = [set.id, text, entryText({ number, set }), String(set.rows)]
  return (await redis.run(replaceEntry, [keys.sets, keys.rows(number)], args)) === 1 ? set : undefined
}

/** Moves the pointer of a model and writes it into the history, in one step; see StoredSets. */
export function flip(redis: RedisConnection, keys: StoreKeys, request: Parameters<StoredSets['flip']>[0], at: number): Promise<Flip> {
  const { model, set: id, kind, by, reason, expected } = request
  return retried(async () => {
    const entry = await entryOf(redis, keys, id)
    if (entry.set.model !== model) throw new SlipwayError('SET_UNKNOWN', `the set \`${id}\` is of the model \`${entry.set.model}\``)
    if (entry.set.state !== 'complete') throw new SlipwayError('SET_INCOMPLETE', `the set \`${id}\` is ${entry.set.state}`)
    const pointer = (await redis.send('HGET', keys.active, model)) as string | null
    const previous = pointer === null ? null : headOf(pointer).id
    if (expected !== undefined && expected !== previous) {
      throw new SlipwayError('ALIAS_CONFLICT', `the active set of \`${model}\` is ${previous ?? 'none'}, not ${expected ?? 'none'}`)
    }
    const done: Flip = { model, set: id, previous, at, kind, by, reason }
    const args = [id, entry.text, model, pointer ?? '', pointerText(entry), JSON.stringify(done)]
    return (await redis.run(movePointer, [keys.sets, keys.active, keys.flips(model)], args)) === 1 ? done : undefined
  })
}

/** Only while the set and the pointer stand as they were read. */
const movePointer = script(`
  if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
  if (redis.call('HGET', KEYS[2], ARGV[3]) or '') ~= ARGV[4] then return 0 end
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[5])
  redis.call('LPUSH', KEYS[3], ARGV[6])
  return 1`)

/** Removes a set; its rows are freed by Redis in the background. See StoredSets. */
export async function dropSet(redis: RedisConnection, keys: StoreKeys, id: string): Promise<void> {
  await retried(async () => {
    const { number, set, text } = await entryOf(redis, keys, id)
    const pointer = ((await redis.send('HGET', keys.active, set.model)) as string | null) ?? ''
    if (pointer.startsWith(`${number} `))
      throw new SlipwayError('SET_ACTIVE', `readers of \`${set.model}\` are answered from the set \`${id}\``)
    const args = [id, text, set.model, pointer]
    return (await redis.run(removeSet, [keys.sets, keys.active, keys.rows(number), keys.partitions(number)], args)) === 1 ? true : undefined
  })
}

const removeSet = script(`
  if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
  if (redis.call('HGET', KEYS[2], ARGV[3]) or '') ~= ARGV[4] then return 0 end
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('UNLINK', KEYS[3], KEYS[4])
  return 1`)
