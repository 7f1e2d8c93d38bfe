import type { Clock } from '../core/ports.js'
import type { StoredSetHead, StoredSets } from '../core/stored-sets.js'
import { Doorkeeper } from './stored-admission.js'
import { type StoredCache, StoredMemory } from './stored-cache.js'
import type { PartsRead, StoredReader, StoredReaderOptions } from './stored-reader.js'
import { partsOrNull } from './stored-reader.js'
import type { StoredParts } from './stored-value.js'

/** What is known of one model. Values belong to the set that stands here. */
interface Known {
  set: StoredSetHead
  /** When the pointer was last seen in this turn of the event loop; -Infinity when it was not. */
  seenAt: number
  readonly cache: StoredCache
}

/** A turn that takes longer has the pointer looked at again. */
const turnMs = 1

/**
 * Reads of an engine inside this process. A read of the engine tells the pointer with the values; where memory has all of them the pointer alone is
 * read, once for the lookups of one turn: what arrives after a flip is answered from its set. Keys come into memory when they are asked for again.
 */
export class EmbeddedReader implements StoredReader {
  readonly #sets: StoredSets
  readonly #clock: Clock
  readonly #onCacheHits: StoredReaderOptions['onCacheHits']
  readonly #memory: StoredMemory
  readonly #doorkeeper = new Doorkeeper()
  /** Of models that have had an active set: an engine may hold files open for each model that it is asked for, and callers choose the names. */
  readonly #models = new Map<string, Known>()
  #inTurn = false

  constructor(sets: StoredSets, { clock, cacheBytes, onCacheHits }: StoredReaderOptions) {
    this.#sets = sets
    this.#clock = clock
    this.#onCacheHits = onCacheHits
    this.#memory = new StoredMemory(cacheBytes)
  }

  readNow(model: string, keys: readonly string[]): PartsRead | null {
    const known = this.#models.get(model)
    return known === undefined ? null : this.#read(known, model, keys)
  }

  async read(model: string, keys: readonly string[]): Promise<PartsRead> {
    let known = this.#models.get(model)
    if (known === undefined) {
      const set = await this.#sets.active(model)
      if (set === null) return { set: null, values: keys.map(() => null) }
      known = { set, seenAt: -Infinity, cache: this.#memory.open() }
      this.#models.set(model, known)
    }
    return this.#read(known, model, keys)
  }

  #read(known: Known, model: string, keys: readonly string[]): PartsRead {
    const { set, cache } = known
    const values = keys.map((key) => cache.get(key))
    const wanted = values.includes(undefined) ? keys.filter((_, i) => values[i] === undefined) : []
    if (wanted.length > 0 || !this.#isFresh(known)) {
      const read = this.#ask(known, model, wanted)
      // The pointer has moved: what was in memory is of another set, and no answer mixes two.
      if (read.set?.id !== set.id) return wanted.length === keys.length ? read : this.#ask(known, model, keys)
      let next = 0
      for (const [i, value] of values.entries()) if (value === undefined) values[i] = read.values[next++]!
    }
    if (wanted.length < keys.length) this.#onCacheHits(model, keys.length - wanted.length)
    return { set: known.set, values: values as (StoredParts | null)[] }
  }

  #ask(known: Known, model: string, keys: readonly string[]): PartsRead {
    const { set, values } = this.#sets.readNow!(model, keys)
    const parts = values.map(partsOrNull)
    if (set === null) return { set, values: parts }
    if (set.id !== known.set.id) {
      known.cache.clear()
      known.set = set
    }
    this.#see(known)
    for (let i = 0; i < keys.length; i++) if (this.#doorkeeper.admits(keys[i]!)) known.cache.put(keys[i]!, parts[i]!)
    // The same object for the same set: what is written of it is written once.
    return { set: known.set, values: parts }
  }

  #isFresh({ seenAt }: Known): boolean {
    return this.#inTurn && this.#clock.monotonic() - seenAt < turnMs
  }

  #see(known: Known): void {
    known.seenAt = this.#clock.monotonic()
    if (this.#inTurn) return
    this.#inTurn = true
    setImmediate(() => {
      this.#inTurn = false
      for (const model of this.#models.values()) model.seenAt = -Infinity
    })
  }
}
