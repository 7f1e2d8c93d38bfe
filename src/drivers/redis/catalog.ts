import { SlipwayError } from '../../core/errors.js'
import type { StoredSet, StoredSetHead } from '../../core/stored-sets.js'
import { script, type RedisConnection, type Script } from './connection.js'
import type { StoreKeys } from './keys.js'

/** A set as it is stored: the number names its rows. */
export interface CatalogEntry {
  readonly number: number
  readonly set: StoredSet
}

/** An entry, and the text that it was read from: a change goes through only while that stands there. */
export interface ReadEntry extends CatalogEntry {
  readonly text: string
}

export function entryText({ number, set }: CatalogEntry): string {
  return JSON.stringify({ number, set })
}

/** The entry of a set; SET_UNKNOWN. */
export async function entryOf(redis: RedisConnection, keys: StoreKeys, id: string): Promise<ReadEntry> {
  const entry = await findEntry(redis, keys, id)
  if (entry === null) throw new SlipwayError('SET_UNKNOWN', `there is no set \`${id}\``)
  return entry
}

/** The entry of a set; null when there is none. */
export async function findEntry(redis: RedisConnection, keys: StoreKeys, id: string): Promise<ReadEntry | null> {
  const text = (await redis.send('HGET', keys.sets, id)) as string | null
  return text === null ? null : { ...(JSON.parse(text) as CatalogEntry), text }
}

/** Entries of a model or of all, newest first. */
export async function entries(redis: RedisConnection, keys: StoreKeys, model: string | undefined): Promise<readonly CatalogEntry[]> {
  const texts = (await redis.send('HVALS', keys.sets)) as readonly string[]
  return texts
    .map((text) => JSON.parse(text) as CatalogEntry)
    .filter(({ set }) => model === undefined || set.model === model)
    .sort((one, other) => other.number - one.number)
}

/** What the pointer of a model holds: the number of the set and what every answer tells of it. */
export function pointerText({ number, set }: CatalogEntry): string {
  const { id, model, version, digest, producedAt } = set
  return `${number} ${JSON.stringify({ id, model, version, digest, producedAt } satisfies StoredSetHead)}`
}

export function headOf(pointer: string): StoredSetHead {
  return JSON.parse(pointer.slice(pointer.indexOf(' ') + 1)) as StoredSetHead
}

/** How often a change is tried anew that met another one. */
const maxTries = 50

/** Tries until the change went through: `change` resolves to undefined when what it had read stands there no more. */
export async function retried<T>(change: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < maxTries; tries++) {
    const done = await change()
    if (done !== undefined) return done
  }
  throw new SlipwayError('STORE_UNAVAILABLE', 'the store of predictions is changed by others again and again')
}

/** Puts a new entry in place of one that was read, if it still stands there, and its rows are as many as given. */
export const replaceEntry: Script = script(`
  if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
  if ARGV[4] ~= '' and redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[4]) then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  return 1`)
