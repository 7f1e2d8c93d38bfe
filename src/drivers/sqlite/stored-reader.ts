import { SlipwayError } from '../../core/errors.js'
import type { StoredRead, StoredSetHead, StoredValue } from '../../core/stored-sets.js'
import { sqliteFailure } from './locked.js'
import type { Database, DatabaseConstructor, Statement } from './open-database.js'
import type { Catalog } from './stored-catalog.js'
import { setPath } from './stored-set-file.js'
import { readOnlyUri } from './table-info.js'

/** Keys that one statement asks for; fewer are padded to the next size, so that few statements are prepared. */
const sizes = [1, 8, 64]
const attempts = 100

/**
 * Reads the active set of one model. Its connection has the catalog and, attached as immutable, the file of the set: one statement gives the
 * pointer and the values. While the pointer is what is attached, all that is read is of that set, since its file never changes.
 */
export class ModelReader {
  readonly #database: Database
  readonly #catalog: Catalog
  readonly #path: string
  readonly #model: string
  #attached: { readonly number: number; readonly head: StoredSetHead } | null = null
  #statements = new Map<number, Statement>()
  #pointer: Statement

  constructor(Driver: DatabaseConstructor, catalog: Catalog, path: string, model: string) {
    this.#catalog = catalog
    this.#path = path
    this.#model = model
    this.#database = new Driver(path)
    this.#database.pragma('busy_timeout = 2000')
    this.#database.pragma('query_only = 1')
    this.#pointer = this.#database.prepare('SELECT set_number FROM active WHERE model = ?').raw(true)
  }

  read(keys: readonly string[]): StoredRead {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const attached = this.#attached
      if (attached !== null) {
        const values = this.#tryValues(keys, attached.number)
        if (values !== null) return { set: attached.head, values }
      }
      if (!this.#attach()) return { set: null, values: keys.map(() => null) }
    }
    throw new SlipwayError('STORE_UNAVAILABLE', `the pointer of ${this.#model} did not stand still`)
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  /** As `values`; a fault of a file that the pointer has moved away from is none. */
  #tryValues(keys: readonly string[], number: number): readonly (StoredValue | null)[] | null {
    try {
      return this.#values(keys, number)
    } catch (error) {
      if (this.#pointedAt() === number) throw error
      return null
    }
  }

  /** Values of the attached set; null when the pointer has moved. The pointer is read with the first of them. */
  #values(keys: readonly string[], number: number): readonly (StoredValue | null)[] | null {
    if (keys.length === 0) return this.#pointedAt() === number ? [] : null
    const values: (StoredValue | null)[] = []
    for (let start = 0; start < keys.length;) {
      const size = sizes.find((candidate) => candidate >= keys.length - start) ?? sizes.at(-1)!
      const asked: string[] = [this.#model]
      for (let i = 0; i < size; i++) asked.push(keys[start + i] ?? '')
      const row = this.#statement(size).get(asked) as [number | null, ...(string | null)[]]
      if (start === 0 && row[0] !== number) return null
      const count = Math.min(size, keys.length - start)
      for (let i = 1; i <= count; i++) values.push(row[i] as string | null)
      start += count
    }
    return values
  }

  /** One row: the pointer, and a value for each key in their order. */
  #statement(size: number): Statement {
    let statement = this.#statements.get(size)
    if (statement === undefined) {
      const value = '(SELECT value FROM stored.rows WHERE key = ?)'
      const values = Array<string>(size).fill(value).join(', ')
      statement = this.#database.prepare(`SELECT (SELECT set_number FROM active WHERE model = ?), ${values}`).raw(true)
      this.#statements.set(size, statement)
    }
    return statement
  }

  #pointedAt(): number | null {
    return (this.#pointer.get([this.#model]) as [number] | undefined)?.[0] ?? null
  }

  /** Attaches the file of the set that the pointer stands on; false when it stands on none. */
  #attach(): boolean {
    this.#detach()
    const number = this.#pointedAt()
    if (number === null) return false
    const set = this.#catalog.ofNumber(number)?.set
    // Dropped between the two statements: the pointer has moved on.
    if (set === undefined) return true
    const file = readOnlyUri(setPath(this.#path, number), true)
    try {
      this.#database.prepare('ATTACH ? AS stored').run([file])
    } catch (error) {
      // Opened by its name just after it was dropped, or damaged.
      if (this.#pointedAt() === number) throw sqliteFailure(error, 'STORE_UNAVAILABLE')
      return true
    }
    this.#database.pragma(`stored.mmap_size = ${2 ** 40}`)
    const { id, model, version, digest, producedAt } = set
    this.#attached = { number, head: { id, model, version, digest, producedAt } }
    return true
  }

  #detach(): void {
    if (this.#attached === null) return
    this.#attached = null
    this.#statements = new Map()
    this.#database.exec('DETACH stored')
  }
}
