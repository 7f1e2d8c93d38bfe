import type { NumberProfile } from './output-profile.js'

/** A bin's index: sign, biased exponent and six bits of the mantissa, the upper 18 bits of a float64. Without the sign it is the bin plus `bias`. */
const bias = 1023 * 64
const indexBits = 18
/** Bins are counted on pages that are made when they are needed: most outputs touch a few of the 256. */
const pageBits = 10
/** Index of the upper half of a float64, in units of 32 bits. */
const upperHalf = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0

/** Collects the distribution of one number, chunk by chunk; a few nanoseconds a value, since the bin is read off the bits of the float64. */
export class NumberSketch {
  readonly #pages: (Float64Array | null)[] = Array.from({ length: 1 << (indexBits - pageBits) }, () => null)
  #count = 0
  #missing = 0
  #min = Infinity
  #max = -Infinity
  #mean = 0
  #m2 = 0

  /** Adds the first `length` values, all of them finite, of an array that starts its buffer. */
  add(values: Float64Array, length: number): void {
    if (length === 0) return
    this.#summarize(values, length)
    this.#bin(new Int32Array(values.buffer, 0, length * 2), length)
  }

  addMissing(count: number): void {
    this.#missing += count
  }

  profile(): NumberProfile {
    const some = this.#count > 0
    return {
      kind: 'number',
      count: this.#count,
      missing: this.#missing,
      min: some ? this.#min : null,
      max: some ? this.#max : null,
      mean: some ? this.#mean : null,
      m2: this.#m2,
      bins: this.#bins(),
    }
  }

  /** Mean and squares of the chunk by themselves, then merged (Chan, Golub, LeVeque 1979): no division a value, and no loss of digits. */
  #summarize(values: Float64Array, length: number): void {
    let sum = 0
    let min = values[0]!
    let max = min
    for (let i = 0; i < length; i++) {
      const value = values[i]!
      sum += value
      if (value < min) min = value
      if (value > max) max = value
    }
    const mean = sum / length
    let m2 = 0
    for (let i = 0; i < length; i++) m2 += (values[i]! - mean) ** 2
    const total = this.#count + length
    const delta = mean - this.#mean
    this.#m2 += m2 + (delta * delta * this.#count * length) / total
    this.#mean += (delta * length) / total
    this.#count = total
    this.#min = Math.min(this.#min, min)
    this.#max = Math.max(this.#max, max)
  }

  #bin(words: Int32Array, length: number): void {
    const pages = this.#pages
    for (let i = 0; i < length; i++) {
      const index = words[2 * i + upperHalf]! >>> (32 - indexBits)
      const page = pages[index >>> pageBits] ?? (pages[index >>> pageBits] = new Float64Array(1 << pageBits))
      page[index & ((1 << pageBits) - 1)]!++
    }
  }

  #bins(): Record<string, number> {
    const bins: Record<string, number> = {}
    for (const [number, page] of this.#pages.entries()) {
      page?.forEach((count, slot) => {
        if (count === 0) return
        const key = keyOf((number << pageBits) + slot)
        bins[key] = (bins[key] ?? 0) + count
      })
    }
    return bins
  }
}

/** Zeros of both signs share a key, with what is too small to have 53 bits. */
function keyOf(index: number): string {
  const magnitude = index & ((1 << (indexBits - 1)) - 1)
  if (magnitude < 64) return '0'
  return `${magnitude === index ? 'p' : 'n'}${magnitude - bias}`
}
