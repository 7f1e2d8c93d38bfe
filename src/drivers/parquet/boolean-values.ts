import type { Column } from '../../core/frame.js'
import type { EncodedValues, ValueStore } from './value-store.js'

/** Booleans: a bit each, the first in the lowest bit (Encodings.md, "Plain"). */
export class BooleanValues implements ValueStore {
  #flags = new Uint8Array(0)
  #length = 0

  get bytes(): number {
    return this.#length
  }

  append(column: Column, start: number, end: number, present: Uint8Array | null): void {
    this.#reserve(end - start)
    const data = column.data as Uint8Array
    for (let i = start; i < end; i++) {
      if (present === null || present[i - start] !== 0) this.#flags[this.#length++] = data[i] === 0 ? 0 : 1
    }
  }

  take(): EncodedValues {
    const flags = this.#flags.subarray(0, this.#length)
    const bits = new Uint8Array(Math.ceil(this.#length / 8))
    let any = 0
    let all = 1
    for (let i = 0; i < flags.length; i++) {
      const flag = flags[i]!
      bits[i >>> 3]! |= flag << (i & 7)
      any |= flag
      all &= flag
    }
    const range = this.#length === 0 ? null : { min: Uint8Array.of(all), max: Uint8Array.of(any) }
    this.#length = 0
    return { encoding: 'plain', dictionary: null, values: [bits], range }
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#flags.length) return
    const grown = new Uint8Array(Math.max(needed, this.#flags.length * 2))
    grown.set(this.#flags.subarray(0, this.#length))
    this.#flags = grown
  }
}
