import type { JsonCursor } from './json-cursor.js'

/** Texts prepared for comparison with the bytes of a JSON document. */
export interface KeyTable {
  readonly names: readonly string[]
  /** Position of a text among `names`; -1 when it is none. */
  indexOf(name: string): number
  /** Position of the JSON string whose opening quote the cursor stands before, found without making a text; `hint` is tried first. -1: unknown. */
  match(cursor: JsonCursor, hint: number): number
}

const encoder = new TextEncoder()

/** Prepares texts, such as the field names of a signature or the values of a category. */
export function keyTable(names: readonly string[]): KeyTable {
  const encoded = names.map((name) => encoder.encode(isWrittenAsIs(name) ? `${name}"` : ''))
  const starts = Int32Array.from({ length: names.length + 1 })
  for (const [i, bytes] of encoded.entries()) starts[i + 1] = starts[i]! + bytes.length
  const all = new Uint8Array(starts[names.length]!)
  for (const [i, bytes] of encoded.entries()) all.set(bytes, starts[i])
  return new BytesKeyTable(names, all, starts)
}

/** False for a name that JSON writes with escapes: it has no bytes to compare and is found by its text. */
function isWrittenAsIs(name: string): boolean {
  return JSON.stringify(name) === `"${name}"`
}

class BytesKeyTable implements KeyTable {
  readonly names: readonly string[]
  /** Every name with its closing quote, one after another. */
  readonly #bytes: Uint8Array
  readonly #starts: Int32Array
  readonly #positions: ReadonlyMap<string, number>
  /** Open addressing by a hash of the bytes: position + 1, or 0 where free. */
  readonly #slots: Int32Array
  readonly #mask: number

  constructor(names: readonly string[], bytes: Uint8Array, starts: Int32Array) {
    this.names = names
    this.#bytes = bytes
    this.#starts = starts
    this.#positions = new Map(names.map((name, i) => [name, i]))
    let size = 4
    while (size < names.length * 2) size *= 2
    this.#mask = size - 1
    this.#slots = new Int32Array(size)
    for (let i = 0; i < names.length; i++) this.#insert(i)
  }

  indexOf(name: string): number {
    return this.#positions.get(name) ?? -1
  }

  match(cursor: JsonCursor, hint: number): number {
    if (hint < this.names.length && this.#equals(hint, cursor)) return this.#matched(hint, cursor)
    let slot = hash(cursor.bytes, cursor.at + 1, cursor.size) & this.#mask
    for (;;) {
      const entry = this.#slots[slot]!
      if (entry === 0) return -1
      if (this.#equals(entry - 1, cursor)) return this.#matched(entry - 1, cursor)
      slot = (slot + 1) & this.#mask
    }
  }

  #insert(index: number): void {
    const bytes = this.#bytes
    let slot = hash(bytes, this.#starts[index]!, bytes.length) & this.#mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
    this.#slots[slot] = index + 1
  }

  #equals(index: number, cursor: JsonCursor): boolean {
    const { bytes } = cursor
    const names = this.#bytes
    const start = this.#starts[index]!
    const end = this.#starts[index + 1]!
    let at = cursor.at + 1
    if (start === end || at + end - start > cursor.size) return false
    for (let i = start; i < end; i++, at++) {
      if (names[i] !== bytes[at]) return false
    }
    return true
  }

  #matched(index: number, cursor: JsonCursor): number {
    cursor.at += 1 + this.#starts[index + 1]! - this.#starts[index]!
    return index
  }
}

/** Hash of the bytes up to a quote. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = 17
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === 34) break
    value = (Math.imul(value, 31) + byte) | 0
  }
  return value ^ (value >>> 15)
}
