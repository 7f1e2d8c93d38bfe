import { mkdir } from 'node:fs/promises'
import type { Database, RootDatabase } from 'lmdb'
import { SlipwayError } from '../../core/errors.js'

/** The databases of a store: one LMDB environment, a file of its own for none of them. */
export interface Environment {
  readonly root: RootDatabase
  /** Sets as JSON, by number. */
  readonly sets: Database<string, number>
  /** Numbers of sets, by id. */
  readonly ids: Database<string, string>
  /** Number of the active set, by model. */
  readonly active: Database<string, string>
  /** Flips as JSON, by a running number. */
  readonly flips: Database<string, number>
  /** Records as JSON, by number of the set and of the partition. */
  readonly partitions: Database<string, [number, number]>
  readonly version: string
}

/** Named databases that may be open at once: a set is one, and a process keeps those that it has seen. */
const maxSets = 4096
/** Address space, not memory: the file grows as it is filled. */
const defaultMapSize = 2 ** 36

/** Opens the environment in a folder. Rejects with PACKAGE_MISSING, and with STORE_UNAVAILABLE when the folder holds something else. */
export async function openEnvironment(path: string, mapSize: number = defaultMapSize): Promise<Environment> {
  const lmdb = await loadLmdb()
  try {
    await mkdir(path, { recursive: true })
    const root = lmdb.open({ path, noSubdir: false, maxDbs: maxSets, mapSize, encoding: 'string', overlappingSync: false })
    const named = (name: string): Database => root.openDB({ name, encoding: 'string' })
    return {
      root,
      sets: named('sets') as Database<string, number>,
      ids: named('ids') as Database<string, string>,
      active: named('active') as Database<string, string>,
      flips: named('flips') as Database<string, number>,
      partitions: named('partitions') as Database<string, [number, number]>,
      version: '3.5',
    }
  } catch (cause) {
    throw new SlipwayError('STORE_UNAVAILABLE', `the LMDB folder \`${path}\` cannot be opened`, { cause })
  }
}

/** The rows of a set. Made when it is not there. */
export function openRows({ root }: Environment, number: number): Database<string, string> {
  return root.openDB<string, string>({ name: `rows-${number}`, encoding: 'string' })
}

async function loadLmdb(): Promise<typeof import('lmdb')> {
  try {
    return await import('lmdb')
  } catch (cause) {
    throw new SlipwayError('PACKAGE_MISSING', 'LMDB needs the package lmdb: npm install lmdb@3.5.6', { cause })
  }
}
