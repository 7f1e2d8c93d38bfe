/**
 * Row numbers by the hash of their key, 8 bytes a slot: finds in nanoseconds that a key was not there yet. A match of hashes is only likely
 * to be the same key; whoever asks compares the keys themselves.
 */
export class KeyIndex {
  #hashes = new Uint32Array(1024)
  /** Row numbers, from 1; 0 in free slots. */
  #rows = new Uint32Array(1024)
  #size = 0
  #shift = 22

  get size(): number {
    return this.#size
  }

  /** Puts the row in, unless `isSame` knows one of the rows with that hash to have the same key. Whether it was put in. */
  add(hash: number, row: number, isSame: (row: number) => boolean): boolean {
    let slot = this.#slotOf(hash)
    while (this.#rows[slot] !== 0) {
      if (this.#hashes[slot] === hash && isSame(this.#rows[slot]!)) return false
      slot = (slot + 1) & (this.#rows.length - 1)
    }
    this.#hashes[slot] = hash
    this.#rows[slot] = row
    this.#size++
    if (this.#size * 3 > this.#rows.length * 2) this.#grow()
    return true
  }

  #slotOf(hash: number): number {
    // Spread over all slots also where there are more of them than the low bits of similar hashes tell apart.
    return Math.imul(hash, 0x9e3779b1) >>> this.#shift
  }

  #grow(): void {
    const hashes = this.#hashes
    const rows = this.#rows
    this.#hashes = new Uint32Array(hashes.length * 2)
    this.#rows = new Uint32Array(hashes.length * 2)
    this.#shift--
    for (let i = 0; i < rows.length; i++) {
      if (rows[i] === 0) continue
      let slot = this.#slotOf(hashes[i]!)
      while (this.#rows[slot] !== 0) slot = (slot + 1) & (this.#rows.length - 1)
      this.#hashes[slot] = hashes[i]!
      this.#rows[slot] = rows[i]!
    }
  }
}

/** FNV-1a over the UTF-16 units of a key, 32 bits, mixed at the end (MurmurHash3's finalizer). */
export function keyHash(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
