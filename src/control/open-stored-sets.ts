import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SlipwayError } from '../core/errors.js'
import type { StoredSets } from '../core/stored-sets.js'
import type { StateDir } from './state-dir.js'

/** Where stored predictions live when nothing is said: a SQLite file of the state folder. */
export function defaultStore(state: StateDir): string {
  return `sqlite:${join(state.root, 'stored.sqlite')}`
}

/** Opens a store by its URL: `sqlite:path`, `lmdb:folder`, `postgres://…`, `redis://…`. CONFIG_INVALID for another; PACKAGE_MISSING, STORE_UNAVAILABLE. */
export async function openStoredSets(store: string): Promise<StoredSets> {
  const place = storePlace(store)
  switch (place.engine) {
    case 'sqlite':
      return (await import('../drivers/sqlite/stored-sets.js')).openSqliteStoredSets({ path: place.at })
    case 'lmdb':
      return (await import('../drivers/lmdb/stored-sets.js')).openLmdbStoredSets({ path: place.at })
    case 'postgres':
      return (await import('../drivers/postgres/stored-sets.js')).openPostgresStoredSets({ url: place.at })
    case 'redis':
      return (await import('../drivers/redis/stored-sets.js')).openRedisStoredSets({ url: place.at })
  }
}

/** For readers: null while an engine of files has none yet, since looking is not to make one. */
export async function openStoredSetsIfAny(store: string): Promise<StoredSets | null> {
  const place = storePlace(store)
  const isHere = place.engine === 'postgres' || place.engine === 'redis' || existsSync(place.at)
  return isHere ? openStoredSets(store) : null
}

interface StorePlace {
  readonly engine: 'sqlite' | 'lmdb' | 'postgres' | 'redis'
  /** A path, or the URL. */
  readonly at: string
}

/** Reads the URL of a store; CONFIG_INVALID when it is none. */
export function storePlace(store: string): StorePlace {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/s.exec(store) ?? []
  if ((scheme === 'sqlite' || scheme === 'lmdb') && rest !== '' && rest !== ':memory:') return { engine: scheme, at: resolve(rest) }
  if (scheme === 'postgres' || scheme === 'postgresql') return { engine: 'postgres', at: store }
  if (scheme === 'redis' || scheme === 'rediss') return { engine: 'redis', at: store }
  throw new SlipwayError(
    'CONFIG_INVALID',
    `expected a store of predictions, sqlite:path, lmdb:folder, postgres://… or redis://…, received ${scheme === '' ? 'another text' : `${scheme}:…`}`,
  )
}
