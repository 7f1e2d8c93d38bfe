import type { Clock } from '../core/ports.js'
import type { StoredSetHead, StoredSets } from '../core/stored-sets.js'
import { type CacheBudget, createStoredCache, type StoredCache } from './stored-cache.js'
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

/** An engine inside this process is asked for every key: it is as fast as a look at its pointer and into memory. Others have a cache. */
export function createStoredReader(sets: StoredSets, options: StoredReaderOptions): StoredReader {
  return sets.readNow === undefined ? new CachedReader(sets, options) : new EmbeddedReader(sets)
}

class EmbeddedReader implements StoredReader {
  readonly #sets: StoredSets
  /** Of models that have had an active set: an engine may hold files open for each model that it is asked for, and callers choose the names. */
  readonly #heads = new Map<string, StoredSetHead>()

  constructor(sets: StoredSets) {
    this.#sets = sets
  }

  readNow(model: string, keys: readonly string[]): PartsRead | null {
    return this.#heads.has(model) ? this.#read(model, keys) : null
  }

  async read(model: string, keys: readonly string[]): Promise<PartsRead> {
    const known = this.#heads.has(model) || (await this.#sets.active(model)) !== null
    return known ? this.#read(model, keys) : { set: null, values: keys.map(() => null) }
  }

  #read(model: string, keys: readonly string[]): PartsRead {
    const { set, values } = this.#sets.readNow!(model, keys)
    return { set: set === null ? null : intern(this.#heads, model, set), values: values.map(partsOrNull) }
  }
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
  readonly #budget: CacheBudget
  readonly #models = new Map<string, Known>()
  #asked = 0

  constructor(sets: StoredSets, options: StoredReaderOptions) {
    this.#options = options
    this.#budget = { bytes: options.cacheBytes ?? 64 * 1024 * 1024, used: 0 }
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
      known = { set, asked, seenAt: 0, cache: createStoredCache(this.#budget) }
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

/** The same object for the same set, so that what is written of it is written once. */
function intern(heads: Map<string, StoredSetHead>, model: string, set: StoredSetHead): StoredSetHead {
  const known = heads.get(model)
  if (known?.id === set.id) return known
  heads.set(model, set)
  return set
}

function partsOrNull(value: string | null): StoredParts | null {
  return value === null ? null : partsOf(value)
}
