import type { DuckDBVector } from '@duckdb/node-api'

export type NumberItems = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array
export type LongItems = BigInt64Array | BigUint64Array

/** What the vectors of @duckdb/node-api hold; each kind has some of it. Its types keep it private, its values one by one are slow. */
export interface RawVector {
  readonly itemCount: number
  readonly items?: NumberItems | LongItems
  /** Booleans (a byte each) and texts (16 bytes each). */
  readonly dataView?: DataView
  /** Bits, 1 where there is a value; `data` is null where every row has one. */
  readonly validity: { readonly data: BigUint64Array | null }
  /** Offset and length of each row's elements in `childVector`, for lists. */
  readonly entryData?: BigUint64Array
  readonly childVector?: DuckDBVector
  getItem(row: number): unknown
}

/** The insides of a vector. */
export function rawVector(vector: DuckDBVector): RawVector {
  return vector as unknown as RawVector
}

/** One byte a row, 1 where there is a value; null when every row has one. */
export function validityOf(vector: RawVector): Uint8Array | null {
  const bits = vector.validity.data
  if (bits === null) return null
  const count = vector.itemCount
  const words = new Uint32Array(bits.buffer, bits.byteOffset, bits.length * 2)
  const valid = new Uint8Array(count)
  let all = true
  for (let row = 0; row < count; row++) {
    const bit = (words[row >>> 5]! >>> (row & 31)) & 1
    valid[row] = bit
    if (bit === 0) all = false
  }
  return all ? null : valid
}
