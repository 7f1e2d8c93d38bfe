import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SlipwayError } from '../../core/errors.js'
import { RowHash } from '../../core/row-hash.js'
import type { StoredRow, StoredSet, StoredSets } from '../../core/stored-sets.js'
import { sqliteFailure, writeAtOnce } from './locked.js'
import { loadDriver } from './open-database.js'
import type { Database, DatabaseConstructor } from './open-database.js'
import { Catalog, isCatalog, prepareCatalog } from './stored-catalog.js'
import { SetWriter } from './stored-partition.js'
import { ModelReader } from './stored-reader.js'
import { countRows, openSetFile, partitionsOf, removeSetFile, rowsAfter, seal, setFiles, settle } from './stored-set-file.js'

export interface SqliteStoredSetsOptions {
  /** Path of the catalog; the files of the sets lie beside it in `<path>-sets/`. */
  readonly path: string
  /** Opens an existing store without the right to write. */
  readonly readonly?: boolean
  /** How long writing waits for other processes that write: 10 000 ms unless told. */
  readonly waitMs?: number
}

/**
 * Stored predictions in SQLite files: a small catalog with the pointers, and a file for each set. Rejects with PACKAGE_MISSING, and with
 * STORE_UNAVAILABLE when the file is damaged, of another program, or not there and to be opened for reading.
 */
export async function openSqliteStoredSets(options: SqliteStoredSetsOptions): Promise<StoredSets> {
  const Driver = await loadDriver()
  const readonly = options.readonly ?? false
  const waitMs = options.waitMs ?? 10_000
  if (readonly && !existsSync(options.path)) throw new SlipwayError('STORE_UNAVAILABLE', `there is no store at \`${options.path}\``)
  let database: Database | undefined
  try {
    if (!readonly) mkdirSync(dirname(options.path), { recursive: true })
    database = new Driver(options.path)
    if (readonly) await prepareReading(database, options.path)
    else await prepareWriting(database, options.path, waitMs)
    return new SqliteStoredSets(Driver, database, options.path, waitMs)
  } catch (error) {
    database?.close()
    const failure = sqliteFailure(error, 'STORE_UNAVAILABLE')
    throw failure === error ? failure : new SlipwayError('STORE_UNAVAILABLE', `\`${options.path}\`: ${failure.message}`, { cause: error })
  }
}

async function prepareReading(database: Database, path: string): Promise<void> {
  database.pragma('busy_timeout = 2000')
  if (!isCatalog(database)) throw new SlipwayError('STORE_UNAVAILABLE', `\`${path}\` is not a store of predictions`)
  database.pragma('query_only = 1')
}

async function prepareWriting(database: Database, path: string, waitMs: number): Promise<void> {
  database.pragma('busy_timeout = 2000')
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  // Whoever writes waits by looking again, without blocking its process.
  database.pragma('busy_timeout = 0')
  await prepareCatalog(database, path, waitMs)
}

class SqliteStoredSets implements StoredSets {
  readonly engine: string
  readonly #Driver: DatabaseConstructor
  readonly #database: Database
  readonly #catalog: Catalog
  readonly #path: string
  readonly #waitMs: number
  readonly #readers = new Map<string, ModelReader>()
  readonly #writers = new Map<number, SetWriter>()
  #closed = false

  constructor(Driver: DatabaseConstructor, database: Database, path: string, waitMs: number) {
    this.#Driver = Driver
    this.#database = database
    this.#catalog = new Catalog(database, waitMs)
    this.#path = path
    this.#waitMs = waitMs
    this.engine = `sqlite ${(database.prepare('SELECT sqlite_version()').raw(true).get([]) as [string])[0]}`
  }

  async create(set: Parameters<StoredSets['create']>[0]): Promise<void> {
    const catalog = this.#open()
    await this.#removeOrphans()
    await catalog.create(set)
  }

  async openPartition(id: string, index: number): Promise<ReturnType<SetWriter['open']>> {
    const { number, set } = this.#open().get(id)
    if (set.state !== 'loading') throw new SlipwayError('SET_CONFLICT', `the set \`${id}\` is ${set.state}`)
    let writer = this.#writers.get(number)
    try {
      if (writer === undefined) {
        writer = new SetWriter(openSetFile(this.#Driver, this.#path, number), this.#waitMs)
        this.#writers.set(number, writer)
      }
    } catch (error) {
      throw sqliteFailure(error, 'SINK_FAILED')
    }
    if ((await this.partitions(id)).some(({ partition }) => partition.index === index)) {
      throw new SlipwayError('SET_CONFLICT', `the partition ${index} of the set \`${id}\` is committed already`)
    }
    return writer.open(index)
  }

  async partitions(id: string): ReturnType<StoredSets['partitions']> {
    const { number } = this.#open().get(id)
    return this.#inFile(number, (database) => partitionsOf(database))
  }

  async complete(id: string, expected: Parameters<StoredSets['complete']>[1]): Promise<StoredSet> {
    const catalog = this.#open()
    const { number, set } = catalog.get(id)
    const { details, ...counts } = expected
    if (set.state !== 'loading') {
      checkCounts(set, expected)
      return set
    }
    this.#writers.get(number)?.close()
    this.#writers.delete(number)
    const database = openSetFile(this.#Driver, this.#path, number)
    try {
      await writeAtOnce(database, this.#waitMs, 'STORE_UNAVAILABLE', () => {
        const sum = new RowHash()
        for (const { checksum } of partitionsOf(database)) sum.merge(checksum)
        checkCounts({ id, rows: countRows(database), checksum: sum.hex() }, expected)
        seal(database)
      })
      for (const end = performance.now() + this.#waitMs; !settle(database); await delay(5)) {
        if (performance.now() > end) throw new SlipwayError('STORE_UNAVAILABLE', `the file of the set \`${id}\` is in use`)
      }
    } finally {
      database.close()
    }
    return catalog.change(id, { state: 'complete', ...counts, details }, () => {})
  }

  async judge(id: string, state: 'complete' | 'refused', details: StoredSet['details']): Promise<StoredSet> {
    return this.#open().change(id, { state, details }, (set) => {
      if (set.state === 'loading') throw new SlipwayError('SET_INCOMPLETE', `the set \`${id}\` is loading`)
    })
  }

  async flip(flip: Parameters<StoredSets['flip']>[0]): ReturnType<StoredSets['flip']> {
    return this.#open().flip({ ...flip, at: Date.now() })
  }

  async flips(model: string): ReturnType<StoredSets['flips']> {
    return this.#open().flips(model)
  }

  async active(model: string): Promise<StoredSet | null> {
    return this.#open().active(model)?.set ?? null
  }

  async sets(model?: string): Promise<readonly StoredSet[]> {
    return this.#open()
      .list(model)
      .map(({ set }) => set)
  }

  async set(id: string): Promise<StoredSet | null> {
    return this.#open().find(id)?.set ?? null
  }

  async read(...[model, keys, options]: Parameters<StoredSets['read']>): ReturnType<StoredSets['read']> {
    if (options?.signal?.aborted === true) throw new SlipwayError('CANCELLED', 'the lookup was abandoned')
    return this.readNow(model, keys)
  }

  readNow(model: string, keys: readonly string[]): ReturnType<NonNullable<StoredSets['readNow']>> {
    try {
      let reader = this.#readers.get(model)
      if (reader === undefined) {
        reader = new ModelReader(this.#Driver, this.#open(), this.#path, model)
        this.#readers.set(model, reader)
      }
      return reader.read(keys)
    } catch (error) {
      throw sqliteFailure(error, 'STORE_UNAVAILABLE')
    }
  }

  async drop(id: string): Promise<void> {
    const number = await this.#open().drop(id)
    this.#writers.get(number)?.close()
    this.#writers.delete(number)
    await removeSetFile(this.#path, number)
  }

  async *rows(id: string): AsyncIterable<readonly StoredRow[]> {
    const { number } = this.#open().get(id)
    const database = openSetFile(this.#Driver, this.#path, number)
    try {
      for (let after: string | null = null; ;) {
        const rows = rowsAfter(database, after, 4096)
        if (rows.length === 0) return
        yield rows
        after = rows.at(-1)!.key
      }
    } finally {
      database.close()
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const writer of this.#writers.values()) writer.close()
    for (const reader of this.#readers.values()) reader.close()
    this.#readers.clear()
    this.#database.close()
  }

  #open(): Catalog {
    if (this.#closed) throw new SlipwayError('STORE_UNAVAILABLE', 'the store is closed')
    return this.#catalog
  }

  #inFile<T>(number: number, work: (database: Database) => T): T {
    try {
      const database = openSetFile(this.#Driver, this.#path, number)
      try {
        return work(database)
      } finally {
        database.close()
      }
    } catch (error) {
      throw sqliteFailure(error, 'STORE_UNAVAILABLE')
    }
  }

  /** Files of sets that were dropped while the process was killed. */
  async #removeOrphans(): Promise<void> {
    for (const number of await setFiles(this.#path)) {
      if (this.#catalog.ofNumber(number) === null) await removeSetFile(this.#path, number)
    }
  }
}

function checkCounts(
  found: { readonly id: string; readonly rows: number; readonly checksum: string },
  expected: { readonly rows: number; readonly checksum: string },
): void {
  if (found.rows === expected.rows && found.checksum === expected.checksum) return
  const [has, wanted] = [found, expected].map(({ rows, checksum }) => `${rows} rows with the checksum ${checksum}`)
  throw new SlipwayError('SET_INCOMPLETE', `the set \`${found.id}\` has ${has}; expected ${wanted}`)
}
