import { Buffer, isAscii } from 'node:buffer'
import type { Duckdb } from './load-duckdb.js'
import type { RawVector } from './raw-vector.js'

/** Texts of so many bytes lie inside their 16-byte entry; longer ones elsewhere, at the pointer in it. */
const inline = 12
/** Slots of the cache of short texts; a power of two. */
const slots = 4096
/** Memory between two texts of one page or of neighbouring pages can be read, since both pages are there. */
const gap = 4096
const longestSpan = 1 << 20

/**
 * Makes strings of a VARCHAR vector, whose entries are `string_t` of DuckDB (duckdb/common/types/string_type.hpp). Short texts are looked up
 * in a cache first. Reading a pointer is a call into the engine, dearer than making the string: long texts are read in runs of neighbours.
 */
export class TextCells {
  readonly #duckdb: Duckdb
  readonly #keys = new Int32Array(slots * 4).fill(-1)
  readonly #cached: string[] = Array.from({ length: slots }, () => '')

  constructor(duckdb: Duckdb) {
    this.#duckdb = duckdb
  }

  /** The texts of a vector; '' where there is none. */
  read(vector: RawVector, valid: Uint8Array | null): string[] {
    const view = vector.dataView!
    const count = vector.itemCount
    const words = new Int32Array(view.buffer, view.byteOffset, count * 4)
    const bytes = Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, count * 16)
    const texts: string[] = []
    let long: number[] | null = null
    for (let row = 0; row < count; row++) {
      if (valid !== null && valid[row] === 0) texts.push('')
      else if (words[row * 4]! >>> 0 <= inline) texts.push(this.#short(words, bytes, row))
      else {
        texts.push('')
        long ??= []
        long.push(row)
      }
    }
    if (long !== null) this.#long(words, Uint16Array.from(long), texts)
    return texts
  }

  #short(words: Int32Array, bytes: Buffer, row: number): string {
    const at = row * 4
    const length = words[at]!
    const a = words[at + 1]!
    const b = words[at + 2]!
    const c = words[at + 3]!
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ length
    hash = (hash ^ (hash >>> 15)) & (slots - 1)
    const keys = this.#keys
    const slot = hash * 4
    if (keys[slot] === length && keys[slot + 1] === a && keys[slot + 2] === b && keys[slot + 3] === c) return this.#cached[hash]!
    const start = row * 16 + 4
    const ascii = ((a | b | c) & 0x80808080) === 0
    const text = ascii ? bytes.toString('latin1', start, start + length) : bytes.toString('utf8', start, start + length)
    keys[slot] = length
    keys[slot + 1] = a
    keys[slot + 2] = b
    keys[slot + 3] = c
    this.#cached[hash] = text
    return text
  }

  #long(words: Int32Array, rows: Uint16Array, texts: string[]): void {
    const from = (row: number): number => (words[row * 4 + 3]! >>> 0) * 4_294_967_296 + (words[row * 4 + 2]! >>> 0)
    const end = (row: number): number => from(row) + (words[row * 4]! >>> 0)
    if (!ascending(rows, from)) rows.sort((a, b) => from(a) - from(b))
    let first = 0
    while (first < rows.length) {
      const start = from(rows[first]!)
      let last = first
      let until = end(rows[first]!)
      while (last + 1 < rows.length && from(rows[last + 1]!) - until < gap && end(rows[last + 1]!) - start < longestSpan) {
        last++
        until = Math.max(until, end(rows[last]!))
      }
      const span = this.#bytesAt(start, until - start)
      const ascii = isAscii(span)
      for (let i = first; i <= last; i++) {
        const row = rows[i]!
        const at = from(row) - start
        texts[row] = ascii ? span.toString('latin1', at, end(row) - start) : span.toString('utf8', at, end(row) - start)
      }
      first = last + 1
    }
  }

  /** Bytes of the engine's memory, through an entry made for them: the package has no other way to them. */
  #bytesAt(pointer: number, length: number): Buffer {
    if (length <= inline) throw new RangeError('short texts lie in their entry')
    const entry = new DataView(new ArrayBuffer(16))
    entry.setUint32(0, length, true)
    entry.setBigUint64(8, BigInt(pointer), true)
    const valid = { itemValid: () => true } as unknown as ConstructorParameters<Duckdb['DuckDBBlobVector']>[1]
    const vector = new this.#duckdb.DuckDBBlobVector(entry, valid, null as never, 0, 1)
    const bytes = vector.getItemBytes(0)!
    return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
  }
}

function ascending(rows: Uint16Array, from: (row: number) => number): boolean {
  for (let i = 1; i < rows.length; i++) {
    if (from(rows[i]!) < from(rows[i - 1]!)) return false
  }
  return true
}
