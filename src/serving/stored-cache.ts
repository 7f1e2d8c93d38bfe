import type { StoredParts } from './stored-value.js'

/** Bytes that an entry takes beside its texts: map node, object, string headers. */
const overhead = 160

/** Values of the active sets in memory, the least recently used going first; null stands for a key that the set lacks. */
export interface StoredCache {
  /** Undefined when it is not known. */
  get(key: string): StoredParts | null | undefined
  put(key: string, value: StoredParts | null): void
  clear(): void
}

/** Bytes over all caches of a process. */
export interface CacheBudget {
  readonly bytes: number
  used: number
}

/** A cache for one set of one model. Entries go when this cache holds more than the whole budget has left for it. */
export function createStoredCache(budget: CacheBudget): StoredCache {
  const entries = new Map<string, { readonly value: StoredParts | null; readonly bytes: number }>()

  function remove(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    budget.used -= entry.bytes
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      // A Map keeps the order of insertion: what was used last stands last.
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    put(key, value) {
      remove(key)
      const bytes = overhead + 2 * (key.length + (value === null ? 0 : value.head.length + value.codes.length))
      if (bytes > budget.bytes) return
      entries.set(key, { value, bytes })
      budget.used += bytes
      for (const oldest of entries.keys()) {
        if (budget.used <= budget.bytes) break
        remove(oldest)
      }
    },
    clear() {
      for (const { bytes } of entries.values()) budget.used -= bytes
      entries.clear()
    },
  }
}
