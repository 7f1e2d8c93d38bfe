import { SlipwayError } from '../../core/errors.js'
import type { Flip, NewSet, StoredSet } from '../../core/stored-sets.js'
import { openRows, type Environment } from './open-environment.js'

export interface CatalogSet {
  readonly number: number
  readonly set: StoredSet
}

/** Sets, pointers and flips of a store; every change is one write transaction, every look is at the newest state. */
export class LmdbCatalog {
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
  }

  create(set: NewSet): void {
    const { root, ids, sets } = this.#environment
    root.transactionSync(() => {
      const found = this.#find(set.id)
      if (found !== null) return refuseOther(found.set, set)
      // Numbers are never given twice: one past the highest ever, which is kept under no id.
      const number = Number(ids.get(lastNumber) ?? 0) + 1
      const made: StoredSet = { ...set, state: 'loading', rows: 0, fallbackRows: 0, checksum: '0'.repeat(16), details: {} }
      ids.putSync(lastNumber, String(number))
      ids.putSync(idKey(set.id), String(number))
      sets.putSync(number, JSON.stringify(made))
    })
  }

  get(id: string): CatalogSet {
    const found = this.find(id)
    if (found === null) throw new SlipwayError('SET_UNKNOWN', `there is no set \`${id}\``)
    return found
  }

  find(id: string): CatalogSet | null {
    this.#environment.root.resetReadTxn()
    return this.#find(id)
  }

  ofNumber(number: number): StoredSet | null {
    const text = this.#environment.sets.get(number)
    return text === undefined ? null : (JSON.parse(text) as StoredSet)
  }

  /** Newest first. */
  list(model: string | undefined): readonly StoredSet[] {
    this.#environment.root.resetReadTxn()
    const all = Array.from(this.#environment.sets.getRange({ reverse: true }), ({ value }) => JSON.parse(value) as StoredSet)
    return model === undefined ? all : all.filter((set) => set.model === model)
  }

  active(model: string): StoredSet | null {
    this.#environment.root.resetReadTxn()
    return this.#active(model)
  }

  change(id: string, change: (set: StoredSet) => StoredSet): StoredSet {
    const { root, sets } = this.#environment
    return root.transactionSync(() => {
      const { number, set } = this.#known(id)
      const changed = change(set)
      sets.putSync(number, JSON.stringify(changed))
      return changed
    })
  }

  flip(flip: Omit<Flip, 'previous' | 'set'> & { readonly set: string; readonly expected?: string | null }): Flip {
    const { root, active, flips } = this.#environment
    const { expected, ...rest } = flip
    return root.transactionSync(() => {
      const { number, set } = this.#known(flip.set)
      if (set.model !== flip.model) throw new SlipwayError('SET_UNKNOWN', `the set \`${flip.set}\` is of the model ${set.model}`)
      if (set.state !== 'complete') throw new SlipwayError('SET_INCOMPLETE', `the set \`${flip.set}\` is ${set.state}`)
      const previous = this.#active(flip.model)?.id ?? null
      if (expected !== undefined && expected !== previous) {
        throw new SlipwayError('ALIAS_CONFLICT', `the active set of ${flip.model} is \`${previous}\`, not \`${expected}\``)
      }
      const [last] = flips.getKeys({ reverse: true, limit: 1 })
      const done: Flip = { ...rest, previous }
      active.putSync(flip.model, String(number))
      flips.putSync((last ?? 0) + 1, JSON.stringify(done))
      return done
    })
  }

  /** Newest first. */
  flips(model: string): readonly Flip[] {
    this.#environment.root.resetReadTxn()
    const all = Array.from(this.#environment.flips.getRange({ reverse: true }), ({ value }) => JSON.parse(value) as Flip)
    return all.filter((flip) => flip.model === model)
  }

  drop(id: string): void {
    const { root, ids, sets, partitions } = this.#environment
    const rows = openRows(this.#environment, this.get(id).number)
    root.transactionSync(() => {
      const { number, set } = this.#known(id)
      if (this.#active(set.model)?.id === id) throw new SlipwayError('SET_ACTIVE', `the set \`${id}\` answers the readers of ${set.model}`)
      void ids.removeSync(idKey(id))
      void sets.removeSync(number)
      for (const key of partitions.getKeys({ start: [number, 0], end: [number, Infinity] })) partitions.removeSync(key)
      rows.dropSync()
    })
  }

  #known(id: string): CatalogSet {
    const found = this.#find(id)
    if (found === null) throw new SlipwayError('SET_UNKNOWN', `there is no set \`${id}\``)
    return found
  }

  #find(id: string): CatalogSet | null {
    const number = Number(this.#environment.ids.get(idKey(id)) ?? 0)
    const set = number === 0 ? null : this.ofNumber(number)
    return set === null ? null : { number, set }
  }

  #active(model: string): StoredSet | null {
    const number = this.#environment.active.get(model)
    return number === undefined ? null : this.ofNumber(Number(number))
  }
}

const lastNumber = 'last'

function idKey(id: string): string {
  return `id:${id}`
}

function refuseOther(set: StoredSet, other: NewSet): void {
  const differing = (['model', 'version', 'digest', 'producedAt'] as const).filter((field) => set[field] !== other[field])
  if (differing.length > 0) throw new SlipwayError('SET_CONFLICT', `the set \`${set.id}\` is there with another ${differing.join(', ')}`)
}
