/** Slots; a power of two. */
const slots = 1 << 16

/**
 * Tells keys that were asked for not long ago from those that come once, in constant memory (the doorkeeper of TinyLFU, Einziger et al. 2017): what comes
 * once is not worth a place in memory when the store is as near as memory is.
 */
export class Doorkeeper {
  readonly #seen = new Int32Array(slots)

  /** True when the key was here before, and no other took its slot since. */
  admits(key: string): boolean {
    const hash = hashOf(key)
    const slot = hash & (slots - 1)
    if (this.#seen[slot] === hash) return true
    this.#seen[slot] = hash
    return false
  }
}

/** FNV-1a, 32 bits, over the UTF-16 units. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5 | 0
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return hash
}
