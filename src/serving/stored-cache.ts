import type { StoredParts } from './stored-value.js'

/** Bytes of values kept in memory where nothing else is said. */
const defaultBytes = 64 * 1024 * 1024
/** Bytes that an entry takes beside its texts: map node, object, string headers. */
const overhead = 160

/** Values of the active set of one model in memory; null stands for a key that the set lacks. */
export interface StoredCache {
  /** Undefined when it is not known. */
  get(key: string): StoredParts | null | undefined
  put(key: string, value: StoredParts | null): void
  clear(): void
}

/**
 * Memory for the values of all models, bounded in bytes. Values are kept in two generations: what is asked for moves to the young one, and when that has
 * half of the bytes it becomes the old one, whose values go. That is close to going by last use, without a list to keep in order.
 */
export class StoredMemory {
  readonly #bytes: number
  readonly #caches = new Set<Generations>()
  #young = 0

  constructor(bytes: number = defaultBytes) {
    this.#bytes = bytes
  }

  /** A cache for one model. */
  open(): StoredCache {
    const cache = new Generations((bytes) => this.#grow(bytes))
    this.#caches.add(cache)
    return cache
  }

  /** False when the bytes are more than there is room for. */
  #grow(bytes: number): boolean {
    const room = this.#bytes / 2
    if (bytes > room) return false
    if (this.#young + bytes > room) {
      for (const cache of this.#caches) cache.age()
      this.#young = 0
    }
    this.#young += bytes
    return true
  }
}

class Generations implements StoredCache {
  readonly #grow: (bytes: number) => boolean
  #young = new Map<string, StoredParts | null>()
  #old = new Map<string, StoredParts | null>()
  #youngBytes = 0

  constructor(grow: (bytes: number) => boolean) {
    this.#grow = grow
  }

  get(key: string): StoredParts | null | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.put(key, old)
    return old
  }

  put(key: string, value: StoredParts | null): void {
    const bytes = overhead + 2 * (key.length + (value === null ? 0 : value.head.length + value.codes.length))
    if (!this.#grow(bytes)) return
    this.#youngBytes += bytes
    this.#young.set(key, value)
  }

  clear(): void {
    this.#grow(-this.#youngBytes)
    this.#youngBytes = 0
    this.#young = new Map()
    this.#old = new Map()
  }

  /** The young generation becomes the old one. */
  age(): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#youngBytes = 0
  }
}
