import { wireTypes } from './thrift-writer.js'
import type { ThriftStruct, ThriftValue } from './thrift-writer.js'

/** What is thrown for bytes that are no struct of the kind that we write. */
export class ThriftError extends Error {}

/** Reads one struct of Thrift's compact protocol; ThriftError when it is none, or has types that Parquet's metadata does not need here. */
export function decodeStruct(bytes: Uint8Array): ThriftStruct {
  return new Reader(bytes).struct(0)
}

/** Deepest nesting of what we write: file, row group, column, its metadata, statistics. */
const deepest = 16

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  struct(depth: number): ThriftStruct {
    if (depth > deepest) throw new ThriftError('nested too deep')
    const fields = new Map<number, ThriftValue>()
    let id = 0
    for (;;) {
      const header = this.#byte()
      if (header === 0) return { type: 'struct', fields }
      const delta = header >> 4
      id = delta === 0 ? this.#zigzag() : id + delta
      fields.set(id, this.#value(header & 15, depth))
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case wireTypes.true:
      case wireTypes.false:
        return { type: 'bool', value: type === wireTypes.true }
      case wireTypes.i8:
        return { type: 'i8', value: (this.#byte() << 24) >> 24 }
      case wireTypes.i16:
        return { type: 'i16', value: this.#zigzag() }
      case wireTypes.i32:
        return { type: 'i32', value: this.#zigzag() }
      case wireTypes.i64:
        return { type: 'i64', value: this.#zigzag() }
      case wireTypes.binary:
        return { type: 'binary', value: this.#take(this.#varint()) }
      case wireTypes.list:
        return this.#list(depth)
      case wireTypes.struct:
        return this.struct(depth + 1)
      default:
        throw new ThriftError(`no type ${type}`)
    }
  }

  #list(depth: number): ThriftValue {
    const header = this.#byte()
    const type = header & 15
    const length = header >> 4 === 15 ? this.#varint() : header >> 4
    const of = (['i8', 'i16', 'i32', 'i64', 'binary', 'list', 'struct'] as const).find((name) => wireTypes[name] === type)
    // An item takes a byte at least: a length beyond the bytes is no length.
    if (of === undefined || length > this.#bytes.length - this.#at) throw new ThriftError(`no list of ${length} of type ${type}`)
    return { type: 'list', of, items: Array.from({ length }, () => this.#value(type, depth + 1)) }
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  #varint(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new ThriftError('a number has too many digits')
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new ThriftError('it ends early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new ThriftError('it ends early')
    return byte
  }
}
