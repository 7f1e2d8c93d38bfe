import type { Clock } from '../core/ports.js'
import type { StoredSetHead, StoredSets } from '../core/stored-sets.js'
import { type StoredCache, StoredMemory } from './stored-cache.js'
import { EmbeddedReader } from './stored-embedded-reader.js'
import { partsOf, type StoredParts } from './stored-value.js'
import { BoundedReads } from './stored-wait.js'

/** What a read found, in one snapshot. */
export interface PartsRead {
  readonly set: StoredSetHead | null
  readonly values: readonly (StoredParts | null)[]
}

export interface StoredReaderOptions {
  /** Bytes of values kept in memory over all models; 0 for none. 64 MiB when left out. */
  readonly cacheBytes?: number
  /** How long an engine across a network is not asked again where a pointer stands; 250 when left out. */
  readonly pointerTtlMs?: number
  /** Longest wait for the store; 1000 when left out. */
  readonly timeoutMs?: number
  readonly clock: Clock
  /** Told of values that came out of memory. */
  readonly onCacheHits: (model: string, keys: number) => void
}

/** Reads of one store, from memory where the active set allows it. */
export interface StoredReader {
  /** At once; null when the store has to be waited for. Throws STORE_UNAVAILABLE. */
  readNow(model: string, keys: readonly string[]): PartsRead | null
  /** Rejects with STORE_UNAVAILABLE within the time limit. */
  read(model: string, keys: readonly string[]): Promise<PartsRead>
}

/** Engines inside this process are asked where the pointer stands in every turn of the event loop, others only so often. Both have a cache. */
export function createStoredReader(sets: StoredSets, options: StoredReaderOptions): StoredReader {
  return sets.readNow === undefined ? new CachedReader(sets, options) : new EmbeddedReader(sets, options)
}

/** What is known of one model. Values belong to the set that stands here. */
interface Known {
  set: StoredSetHead | null
  /** When the pointer was last seen, on the monotonic clock. */
  seenAt: number
  /** Number of the read that saw it. */
  asked: number
  readonly cache: StoredCache
}

class CachedReader implements StoredReader {
  readonly #options: StoredReaderOptions
  readonly #reads: BoundedReads
  readonly #memory: StoredMemory
  readonly #models = new Map<string, Known>()
  #asked = 0

  constructor(sets: StoredSets, options: StoredReaderOptions) {
    this.#options = options
    this.#memory = new StoredMemory(options.cacheBytes)
    this.#reads = new BoundedReads(sets, { timeoutMs: options.timeoutMs ?? 1000, now: () => options.clock.monotonic() })
  }

  readNow(model: string, keys: readonly string[]): PartsRead | null {
    const known = this.#models.get(model)
    if (known === undefined || known.set === null || !this.#isFresh(known)) return null
    const values: (StoredParts | null)[] = []
    for (const key of keys) {
      const value = known.cache.get(key)
      if (value === undefined) return null
      values.push(value)
    }
    this.#options.onCacheHits(model, keys.length)
    return { set: known.set, values }
  }

  async read(model: string, keys: readonly string[]): Promise<PartsRead> {
    const known = this.#models.get(model)
    if (known === undefined || known.set === null) return this.#ask(model, keys)
    const { set } = known
    const values = keys.map((key) => known.cache.get(key))
    const wanted = keys.filter((_, i) => values[i] === undefined)
    if (wanted.length > 0 || !this.#isFresh(known)) {
      const read = await this.#ask(model, wanted)
      // The pointer moved meanwhile: what is in memory is of another set, and no answer mixes two.
      if (read.set?.id !== set.id) return wanted.length === keys.length ? read : this.#ask(model, keys)
      let next = 0
      for (const [i, value] of values.entries()) if (value === undefined) values[i] = read.values[next++]!
    }
    if (wanted.length < keys.length) this.#options.onCacheHits(model, keys.length - wanted.length)
    return { set, values: values as (StoredParts | null)[] }
  }

  async #ask(model: string, keys: readonly string[]): Promise<PartsRead> {
    const asked = ++this.#asked
    const { set, values } = await this.#reads.read(model, keys)
    const parts = values.map(partsOrNull)
    const known = this.#takeUp(model, set, asked)
    if (set === null || known?.set?.id !== set.id) return { set, values: parts }
    for (const [i, key] of keys.entries()) known.cache.put(key, parts[i]!)
    return { set: known.set, values: parts }
  }

  /** Notes where the pointer stands. A read that was overtaken by a later one does not turn it back. */
  #takeUp(model: string, set: StoredSetHead | null, asked: number): Known | null {
    let known = this.#models.get(model)
    if (known === undefined) {
      // A model without sets is not worth remembering: callers choose the names.
      if (set === null) return null
      known = { set, asked, seenAt: 0, cache: this.#memory.open() }
      this.#models.set(model, known)
    }
    if (asked < known.asked) return known
    known.asked = asked
    known.seenAt = this.#options.clock.monotonic()
    if (known.set?.id !== set?.id) {
      known.cache.clear()
      known.set = set
    }
    return known
  }

  #isFresh(known: Known): boolean {
    return this.#options.clock.monotonic() - known.seenAt < (this.#options.pointerTtlMs ?? 250)
  }
}

/** Values cut for answers. */
export function partsOrNull(value: string | null): StoredParts | null {
  return value === null ? null : partsOf(value)
}
