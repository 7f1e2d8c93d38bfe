import { encodeHybrid, encodeRun } from './hybrid.js'

type Items = Uint8Array | Uint32Array

/** Small numbers of a row group (levels, codes of texts): one number and its count for as long as all are the same. */
export class RunStore {
  readonly #make: (length: number) => Items
  #items: Items
  #length = 0
  /** The one value so far; null once there are two. */
  #only: number | null = 0

  /** For values of up to so many bits: 8 or 32. */
  constructor(bits: 8 | 32) {
    this.#make = bits === 8 ? (length) => new Uint8Array(length) : (length) => new Uint32Array(length)
    this.#items = this.#make(0)
  }

  get length(): number {
    return this.#length
  }

  appendRun(value: number, count: number): void {
    if (count === 0) return
    if (this.#length === 0) this.#only = value
    if (this.#only !== value) this.#unfold(count).fill(value, this.#length, this.#length + count)
    this.#length += count
  }

  append(values: ArrayLike<number>): void {
    const first = values[0]
    if (first === undefined) return
    if ((this.#only === first || this.#length === 0) && isConstant(values, 0, values.length)) this.appendRun(first, values.length)
    else {
      this.#unfold(values.length).set(values, this.#length)
      this.#length += values.length
    }
  }

  /** Adds the same values `times` over. */
  appendTimes(values: ArrayLike<number>, times: number): void {
    if (times === 0) return
    if (isConstant(values, 0, values.length)) {
      this.appendRun(values[0] ?? 0, values.length * times)
      return
    }
    const added = values.length * times
    const items = this.#unfold(added)
    const start = this.#length
    items.set(values, start)
    // What is there is copied behind itself, twice as much each time.
    for (let done = values.length; done < added; done *= 2) items.copyWithin(start + done, start, start + Math.min(done, added - done))
    this.#length += added
  }

  forEach(see: (value: number) => void): void {
    for (let i = 0; i < this.#length; i++) see(this.#only ?? this.#items[i]!)
  }

  /** How many are `value`. */
  count(value: number): number {
    if (this.#only !== null) return this.#only === value ? this.#length : 0
    const items = this.#items
    const length = this.#length
    let count = 0
    for (let i = 0; i < length; i++) if (items[i] === value) count++
    return count
  }

  /** In the hybrid encoding, without the length in front. */
  encoded(width: number): Uint8Array {
    if (this.#only !== null) return encodeRun(this.#only, this.#length, width)
    return encodeHybrid(this.#items.subarray(0, this.#length), width)
  }

  clear(): void {
    this.#length = 0
    this.#only = 0
  }

  /** Items that have room for `more`; from now on values are told one by one. */
  #unfold(more: number): Items {
    const needed = this.#length + more
    if (needed > this.#items.length) {
      const grown = this.#make(Math.max(needed, this.#items.length * 2, 1024))
      if (this.#only === null) grown.set(this.#items.subarray(0, this.#length))
      this.#items = grown
    }
    if (this.#only !== null) this.#items.fill(this.#only, 0, this.#length)
    this.#only = null
    return this.#items
  }
}

/** True when values `start` to `end` are all the same. */
export function isConstant(values: ArrayLike<number>, start: number, end: number): boolean {
  const first = values[start]
  for (let i = start + 1; i < end; i++) if (values[i] !== first) return false
  return true
}
