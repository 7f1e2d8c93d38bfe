import { SlipwayError } from '../../core/errors.js'
import type { Flip, NewSet, SetState, StoredSet } from '../../core/stored-sets.js'
import { writeAtOnce } from './locked.js'
import type { Database, Statement } from './open-database.js'

/** A set, with the number that names its file. */
export interface CatalogSet {
  readonly number: number
  readonly set: StoredSet
}

const applicationId = 0x736c7073
const columns = 'number, id, model, version, digest, produced_at, state, rows, fallback_rows, checksum, details'

/** Makes the tables of a store in an empty file; rejects with STORE_UNAVAILABLE when the file is of another program. */
export async function prepareCatalog(database: Database, path: string, waitMs: number): Promise<void> {
  const known = readPragma(database, 'application_id') === applicationId
  if (known) return
  await writeAtOnce(database, waitMs, 'STORE_UNAVAILABLE', () => {
    if (readPragma(database, 'application_id') === applicationId) return
    const tables = database.prepare('SELECT count(*) FROM sqlite_schema').raw(true).get([]) as [number]
    if (tables[0] > 0) throw new SlipwayError('STORE_UNAVAILABLE', `\`${path}\` is a SQLite file of another program; choose another path`)
    database.exec(schema)
  })
}

/** Whether the file is a store already. */
export function isCatalog(database: Database): boolean {
  return readPragma(database, 'application_id') === applicationId
}

function readPragma(database: Database, name: string): unknown {
  return (database.prepare(`PRAGMA ${name}`).raw(true).get([]) as [unknown])[0]
}

// AUTOINCREMENT: the number of a set that was dropped is never given again, so that no reader takes one set's file for another's.
const schema = `
  CREATE TABLE sets (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, model TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
    produced_at INTEGER NOT NULL, state TEXT NOT NULL, rows INTEGER NOT NULL, fallback_rows INTEGER NOT NULL, checksum TEXT NOT NULL,
    details TEXT NOT NULL
  );
  CREATE TABLE flips (
    number INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, set_id TEXT, previous TEXT, at INTEGER NOT NULL, kind TEXT NOT NULL,
    made_by TEXT NOT NULL, reason TEXT NOT NULL
  );
  CREATE INDEX flips_of_model ON flips (model, number);
  CREATE TABLE active (model TEXT PRIMARY KEY NOT NULL, set_number INTEGER NOT NULL) WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = 1;
`

/** The sets of a store, their pointers and the history of those: the small file beside the files of the sets. */
export class Catalog {
  readonly #database: Database
  readonly #waitMs: number
  readonly #statements = new Map<string, Statement>()

  constructor(database: Database, waitMs: number) {
    this.#database = database
    this.#waitMs = waitMs
  }

  async create(set: NewSet): Promise<number> {
    return this.#write(() => {
      const found = this.find(set.id)
      if (found !== null) return sameSet(found, set)
      const values = [set.id, set.model, set.version, set.digest, set.producedAt]
      this.#run(
        `INSERT INTO sets (id, model, version, digest, produced_at, state, rows, fallback_rows, checksum, details)
         VALUES (?, ?, ?, ?, ?, 'loading', 0, 0, '${'0'.repeat(16)}', '{}')`,
        values,
      )
      return this.get(set.id).number
    })
  }

  /** Throws SET_UNKNOWN. */
  get(id: string): CatalogSet {
    const found = this.find(id)
    if (found === null) throw new SlipwayError('SET_UNKNOWN', `there is no set \`${id}\``)
    return found
  }

  find(id: string): CatalogSet | null {
    return this.#sets('WHERE id = ?', [id])[0] ?? null
  }

  ofNumber(number: number): CatalogSet | null {
    return this.#sets('WHERE number = ?', [number])[0] ?? null
  }

  /** Newest first. */
  list(model: string | undefined): readonly CatalogSet[] {
    return model === undefined ? this.#sets('ORDER BY number DESC', []) : this.#sets('WHERE model = ? ORDER BY number DESC', [model])
  }

  active(model: string): CatalogSet | null {
    return this.#sets('WHERE number = (SELECT set_number FROM active WHERE model = ?)', [model])[0] ?? null
  }

  /** Sets state, counts and details of a set, unless `check` throws. */
  async change(
    id: string,
    change: Partial<Pick<StoredSet, 'state' | 'rows' | 'fallbackRows' | 'checksum' | 'details'>>,
    check: (set: StoredSet) => void,
  ): Promise<StoredSet> {
    return this.#write(() => {
      const { set } = this.get(id)
      check(set)
      const changed = { ...set, ...change }
      const values = [changed.state, changed.rows, changed.fallbackRows, changed.checksum, JSON.stringify(changed.details), id]
      this.#run('UPDATE sets SET state = ?, rows = ?, fallback_rows = ?, checksum = ?, details = ? WHERE id = ?', values)
      return changed
    })
  }

  async flip(flip: Omit<Flip, 'previous' | 'set'> & { readonly set: string; readonly expected?: string | null }): Promise<Flip> {
    const { expected, ...rest } = flip
    return this.#write(() => {
      const { number, set } = this.get(flip.set)
      if (set.model !== flip.model) throw new SlipwayError('SET_UNKNOWN', `the set \`${flip.set}\` is of the model ${set.model}`)
      if (set.state !== 'complete') throw new SlipwayError('SET_INCOMPLETE', `the set \`${flip.set}\` is ${set.state}`)
      const previous = this.active(flip.model)?.set.id ?? null
      if (expected !== undefined && expected !== previous) {
        throw new SlipwayError('ALIAS_CONFLICT', `the active set of ${flip.model} is \`${previous}\`, not \`${expected}\``)
      }
      this.#run('INSERT INTO active VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET set_number = excluded.set_number', [flip.model, number])
      const values = [flip.model, flip.set, previous, flip.at, flip.kind, flip.by, flip.reason]
      this.#run('INSERT INTO flips (model, set_id, previous, at, kind, made_by, reason) VALUES (?, ?, ?, ?, ?, ?, ?)', values)
      return { ...rest, previous }
    })
  }

  /** Newest first. */
  flips(model: string): readonly Flip[] {
    const sql = 'SELECT set_id, previous, at, kind, made_by, reason FROM flips WHERE model = ? ORDER BY number DESC'
    const rows = this.#prepared(sql).raw(true).all([model]) as [string | null, string | null, number, Flip['kind'], string, string][]
    return rows.map(([set, previous, at, kind, by, reason]) => ({ model, set, previous, at, kind, by, reason }))
  }

  /** Forgets a set; the number of its file. */
  async drop(id: string): Promise<number> {
    return this.#write(() => {
      const { number, set } = this.get(id)
      if (this.active(set.model)?.number === number) {
        throw new SlipwayError('SET_ACTIVE', `the set \`${id}\` answers the readers of ${set.model}`)
      }
      this.#run('DELETE FROM sets WHERE number = ?', [number])
      return number
    })
  }

  #sets(where: string, values: readonly unknown[]): readonly CatalogSet[] {
    const rows = this.#prepared(`SELECT ${columns} FROM sets ${where}`).raw(true).all(values)
    return (rows as SetRow[]).map((row) => setOf(row))
  }

  async #write<T>(work: () => T): Promise<T> {
    return writeAtOnce(this.#database, this.#waitMs, 'STORE_UNAVAILABLE', work)
  }

  #run(sql: string, values: readonly unknown[]): void {
    this.#prepared(sql).run(values)
  }

  #prepared(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

type SetRow = [number, string, string, string, string, number, SetState, number, number, string, string]

function setOf([number, id, model, version, digest, producedAt, state, rows, fallbackRows, checksum, details]: SetRow): CatalogSet {
  const parsed = JSON.parse(details) as StoredSet['details']
  return { number, set: { id, model, version, digest, producedAt, state, rows, fallbackRows, checksum, details: parsed } }
}

function sameSet({ number, set }: CatalogSet, other: NewSet): number {
  const differing = (['model', 'version', 'digest', 'producedAt'] as const).filter((field) => set[field] !== other[field])
  if (differing.length > 0) throw new SlipwayError('SET_CONFLICT', `the set \`${set.id}\` is there with another ${differing.join(', ')}`)
  return number
}
