import type { Database } from 'lmdb'
import { SlipwayError } from '../../core/errors.js'
import { RowHash } from '../../core/row-hash.js'
import { storedKeyFault } from '../../core/stored-key.js'
import type { StoredRead, StoredRow, StoredSet, StoredSetHead, StoredSets } from '../../core/stored-sets.js'
import type { PartitionRecord } from '../../core/table.js'
import { openEnvironment, openRows, type Environment } from './open-environment.js'
import { LmdbCatalog } from './stored-catalog.js'
import { LmdbPartition } from './stored-partition.js'

export interface LmdbStoredSetsOptions {
  /** Folder of the environment; it is made when it is not there. */
  readonly path: string
  /** Bytes of address space taken at first, 64 GiB unless told; more is taken when the file outgrows it. */
  readonly mapSize?: number
}

/** Stored predictions in LMDB: a database for each set, pointer and keys read in one read transaction. PACKAGE_MISSING, STORE_UNAVAILABLE. */
export async function openLmdbStoredSets(options: LmdbStoredSetsOptions): Promise<StoredSets> {
  return new LmdbStoredSets(await openEnvironment(options.path, options.mapSize))
}

/** What a pointer stood on when it was last read. */
interface Pointed {
  readonly number: string
  readonly head: StoredSetHead
  readonly rows: Database<string, string>
}

const attempts = 100

class LmdbStoredSets implements StoredSets {
  readonly engine: string
  readonly #environment: Environment
  readonly #catalog: LmdbCatalog
  readonly #pointed = new Map<string, Pointed>()
  #closed = false

  constructor(environment: Environment) {
    this.#environment = environment
    this.#catalog = new LmdbCatalog(environment)
    this.engine = `lmdb ${environment.version}`
  }

  async create(set: Parameters<StoredSets['create']>[0]): Promise<void> {
    const { id, model, version, digest, producedAt } = set
    this.#open().create({ id, model, version, digest, producedAt })
  }

  async openPartition(id: string, index: number): Promise<LmdbPartition> {
    const { number } = this.#open().get(id)
    const { partitions } = this.#environment
    const check = (): void => {
      const state = this.#catalog.ofNumber(number)?.state
      if (state !== 'loading') throw new SlipwayError('SET_CONFLICT', `the set \`${id}\` is ${state ?? 'dropped'}`)
      if (partitions.doesExist([number, index]))
        throw new SlipwayError('SET_CONFLICT', `the partition ${index} of \`${id}\` is committed already`)
    }
    check()
    const keep = (record: PartitionRecord): void => partitions.putSync([number, index], JSON.stringify(record))
    return new LmdbPartition({ rows: openRows(this.#environment, number), check, keep })
  }

  async partitions(id: string): Promise<readonly PartitionRecord[]> {
    return this.#records(this.#open().get(id).number)
  }

  async complete(id: string, expected: Parameters<StoredSets['complete']>[1]): Promise<StoredSet> {
    const catalog = this.#open()
    const { number } = catalog.get(id)
    const rows = openRows(this.#environment, number)
    return catalog.change(id, (set) => {
      const found = set.state === 'loading' ? this.#count(number, rows) : set
      if (found.rows !== expected.rows || found.checksum !== expected.checksum) {
        const [has, wanted] = [found, expected].map((one) => `${one.rows} rows with the checksum ${one.checksum}`)
        throw new SlipwayError('SET_INCOMPLETE', `the set \`${id}\` has ${has}; expected ${wanted}`)
      }
      if (set.state !== 'loading') return set
      const { rows: count, checksum, fallbackRows, details } = expected
      return { ...set, state: 'complete', rows: count, checksum, fallbackRows, details }
    })
  }

  async judge(id: string, state: 'complete' | 'refused', details: StoredSet['details']): Promise<StoredSet> {
    return this.#open().change(id, (set) => {
      if (set.state === 'loading') throw new SlipwayError('SET_INCOMPLETE', `the set \`${id}\` is loading`)
      return { ...set, state, details }
    })
  }

  async flip(flip: Parameters<StoredSets['flip']>[0]): ReturnType<StoredSets['flip']> {
    return this.#open().flip({ ...flip, at: Date.now() })
  }

  async flips(model: string): ReturnType<StoredSets['flips']> {
    return this.#open().flips(model)
  }

  async active(model: string): Promise<StoredSet | null> {
    return this.#open().active(model)
  }

  async sets(model?: string): Promise<readonly StoredSet[]> {
    return this.#open().list(model)
  }

  async set(id: string): Promise<StoredSet | null> {
    return this.#open().find(id)?.set ?? null
  }

  async read(...[model, keys, options]: Parameters<StoredSets['read']>): Promise<StoredRead> {
    if (options?.signal?.aborted === true) throw new SlipwayError('CANCELLED', 'the lookup was abandoned')
    return this.readNow(model, keys)
  }

  readNow(model: string, keys: readonly string[]): StoredRead {
    this.#open()
    try {
      return this.#read(model, keys)
    } catch (cause) {
      if (cause instanceof SlipwayError) throw cause
      throw new SlipwayError('STORE_UNAVAILABLE', 'LMDB could not read', { cause })
    }
  }

  async drop(id: string): Promise<void> {
    this.#open().drop(id)
  }

  async *rows(id: string): AsyncIterable<readonly StoredRow[]> {
    const rows = openRows(this.#environment, this.#open().get(id).number)
    for (let start: string | undefined; ;) {
      const range = start === undefined ? { limit: 4096 } : { start, exclusiveStart: true, limit: 4096 }
      const found = Array.from(rows.getRange(range), ({ key, value }, row) => ({ key, value, row }))
      if (found.length === 0) return
      yield found
      start = found.at(-1)!.key
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#pointed.clear()
    await this.#environment.root.close()
  }

  /** Nothing waits in between, and only `resetReadTxn` begins a new snapshot: pointer and values are of one. */
  #read(model: string, keys: readonly string[]): StoredRead {
    const { root, active } = this.#environment
    for (let attempt = 0; attempt < attempts; attempt++) {
      root.resetReadTxn()
      const number = active.get(model)
      if (number === undefined) return { set: null, values: keys.map(() => null) }
      const pointed = this.#pointed.get(model)
      if (pointed?.number === number) return { set: pointed.head, values: keys.map((key) => valueOf(pointed.rows, key)) }
      this.#follow(model, number)
    }
    throw new SlipwayError('STORE_UNAVAILABLE', `the pointer of ${model} did not stand still`)
  }

  /** Opens the rows of the set. They are read when the pointer, looked at again, still stands there: then they were there when they were opened. */
  #follow(model: string, number: string): void {
    const set = this.#catalog.ofNumber(Number(number))
    if (set === null) throw new SlipwayError('STORE_UNAVAILABLE', `the active set of ${model} is gone`)
    const { id, version, digest, producedAt } = set
    const rows = openRows(this.#environment, Number(number))
    this.#pointed.set(model, { number, head: { id, model, version, digest, producedAt }, rows })
  }

  #records(number: number): readonly PartitionRecord[] {
    const range = { start: [number, 0] as [number, number], end: [number, Infinity] as [number, number] }
    return Array.from(this.#environment.partitions.getRange(range), ({ value }) => JSON.parse(value) as PartitionRecord)
  }

  #count(number: number, rows: Database<string, string>): { readonly rows: number; readonly checksum: string } {
    const sum = new RowHash()
    for (const { checksum } of this.#records(number)) sum.merge(checksum)
    return { rows: (rows.getStats() as { readonly entryCount: number }).entryCount, checksum: sum.hex() }
  }

  #open(): LmdbCatalog {
    if (this.#closed) throw new SlipwayError('STORE_UNAVAILABLE', 'the store is closed')
    return this.#catalog
  }
}

function valueOf(rows: Database<string, string>, key: string): string | null {
  // Keys over the limit of LMDB throw; none of them, nor the empty one, can be there.
  if ((key.length === 0 || key.length > 341) && storedKeyFault(key) !== null) return null
  return rows.get(key) ?? null
}
