import { mkdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredRow } from '../../core/stored-sets.js'
import type { PartitionRecord } from '../../core/table.js'
import type { Database, DatabaseConstructor } from './open-database.js'

/**
 * Where the files of the sets lie. A set has a file of its own, which never changes once the set is complete: readers open it as immutable,
 * loading one set leaves pointers and other sets alone, and dropping it is removing a file.
 */
export function setFolder(path: string): string {
  return `${path}-sets`
}

export function setPath(path: string, number: number): string {
  return join(setFolder(path), `${number}.sqlite`)
}

/** Opens the file of a set that is loading, or makes it. */
export function openSetFile(Driver: DatabaseConstructor, path: string, number: number): Database {
  mkdirSync(setFolder(path), { recursive: true })
  const database = new Driver(setPath(path, number))
  database.pragma('busy_timeout = 2000')
  database.pragma('journal_mode = WAL')
  // Without a sync for each commit: what a power failure takes are whole partitions, each with its record.
  database.pragma('synchronous = NORMAL')
  database.pragma('wal_autocheckpoint = 8192')
  database.exec(schema)
  return database
}

// Rows stand as they came, and the index over the keys is built when all are there: keys come in any order, and an index
// that they are put into one by one is written over and over.
const schema = `
  CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS partitions (number INTEGER PRIMARY KEY, record TEXT NOT NULL);
`

export function partitionsOf(database: Database): readonly PartitionRecord[] {
  const rows = database.prepare('SELECT record FROM partitions ORDER BY number').raw(true).all([]) as [string][]
  return rows.map(([record]) => JSON.parse(record) as PartitionRecord)
}

/** Whether the set is whole, so that nothing may be written any more. */
export function isSealed(database: Database): boolean {
  const found = database.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = 'rows_by_key'`).raw(true).get([]) as [number]
  return found[0] > 0
}

/** Builds the index over the keys. Fails when a key is there twice. */
export function seal(database: Database): void {
  database.pragma('cache_size = -65536')
  database.exec('CREATE UNIQUE INDEX IF NOT EXISTS rows_by_key ON rows (key)')
}

/** Moves everything into the file itself, and that to the disk; false when another connection is in the way. */
export function settle(database: Database): boolean {
  const [busy] = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').raw(true).get([]) as [number]
  return busy === 0
}

export function countRows(database: Database): number {
  return (database.prepare('SELECT count(*) FROM rows').raw(true).get([]) as [number])[0]
}

/** Rows after `key` in key order, `limit` at most; from the first when `key` is null. */
export function rowsAfter(database: Database, key: string | null, limit: number): readonly StoredRow[] {
  const where = key === null ? '' : 'WHERE key > ?'
  const statement = database.prepare(`SELECT key, value FROM rows ${where} ORDER BY key LIMIT ${limit}`)
  const rows = statement.raw(true).all(key === null ? [] : [key]) as [string, string][]
  return rows.map(([found, value], row) => ({ key: found, value, row }))
}

/** Removes the file of a set. Readers that have it open keep it until they let go. */
export async function removeSetFile(path: string, number: number): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) await rm(setPath(path, number) + suffix, { force: true })
}

/** Numbers of the sets that have a file. */
export async function setFiles(path: string): Promise<readonly number[]> {
  const names = await readdir(setFolder(path)).catch(() => [])
  return names.flatMap((name) => /^(\d+)\.sqlite$/.exec(name)?.slice(1) ?? []).map(Number)
}
