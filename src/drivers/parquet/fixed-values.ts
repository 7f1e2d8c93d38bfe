import type { Column } from '../../core/frame.js'
import { bfloat16ToNumber, float16ToNumber } from '../../core/half.js'
import { writeMicroseconds } from './microseconds.js'
import type { Leaf } from './schema.js'
import { rangeOf } from './statistics.js'
import type { EncodedValues, ValueStore } from './value-store.js'

type Items = Int32Array | BigInt64Array | Float32Array | Float64Array

const constructors = { int32: Int32Array, int64: BigInt64Array, float: Float32Array, double: Float64Array } as const

type FixedType = keyof typeof constructors

/** Numbers of 4 or 8 bytes, as they lie in the file (Encodings.md, "Plain": little-endian, one after another). */
export class FixedValues implements ValueStore {
  readonly #leaf: Leaf
  readonly #type: FixedType
  readonly #time: boolean
  #items: Items
  #length = 0

  constructor(leaf: Leaf, type: 'int32' | 'int64' | 'float' | 'double', time: boolean) {
    this.#leaf = leaf
    this.#type = type
    this.#time = time
    this.#items = new constructors[type](0)
  }

  get bytes(): number {
    return this.#length * this.#items.BYTES_PER_ELEMENT
  }

  append(column: Column, start: number, end: number, present: Uint8Array | null): void {
    const target = this.#room(end - start)
    const at = this.#length
    this.#length += end - start
    if (this.#time) writeMicroseconds(column.data as Float64Array, start, end, wordsOf(target), at)
    else if (column.dtype === 'float16' || column.dtype === 'bfloat16')
      widen(column as Column<'float16'>, start, end, target as Float32Array, at)
    else (target as Float64Array).set((column.data as Float64Array).subarray(start, end), at)
    if (present !== null) this.#length = at + compact(wordsOf(target), at, present, target.BYTES_PER_ELEMENT / 4)
  }

  take(): EncodedValues {
    const items = this.#items.subarray(0, this.#length)
    this.#length = 0
    const range = rangeOf(items, this.#leaf.signed)
    return { encoding: 'plain', dictionary: null, values: [new Uint8Array(items.buffer, items.byteOffset, items.byteLength)], range }
  }

  #room(more: number): Items {
    const needed = this.#length + more
    if (needed > this.#items.length) {
      const grown = new constructors[this.#type](Math.max(needed, Math.min(this.#items.length * 2, this.#items.length + 1_048_576)))
      ;(grown as Float64Array).set(this.#items.subarray(0, this.#length) as Float64Array)
      this.#items = grown
    }
    return this.#items
  }
}

function wordsOf(items: Items): Int32Array {
  return new Int32Array(items.buffer, items.byteOffset, items.byteLength / 4)
}

/** Moves the elements that are present together, and tells how many they are. Words, as the bits of a NaN are not to change. */
function compact(words: Int32Array, from: number, present: Uint8Array, size: number): number {
  let at = from * size
  for (let i = 0; i < present.length; i++) {
    if (present[i] === 0) continue
    const source = (from + i) * size
    words[at++] = words[source]!
    if (size === 2) words[at++] = words[source + 1]!
  }
  return at / size - from
}

function widen(
  { dtype, data }: Column<'float16'> | Column<'bfloat16'>,
  start: number,
  end: number,
  target: Float32Array,
  at: number,
): void {
  const read = dtype === 'float16' ? float16ToNumber : bfloat16ToNumber
  for (let i = start; i < end; i++) target[at + i - start] = read(data[i]!)
}
