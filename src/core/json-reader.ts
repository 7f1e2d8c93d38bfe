import type { ErrorCode } from './errors.js'
import { exactInteger } from './exact-integer.js'
import type { ElementBuffer } from './element-buffer.js'
import type { NestedElements } from './json-elements.js'
import { readElements } from './json-elements.js'
import type { JsonLimits } from './json-cursor.js'
import { defaultJsonLimits, expected, fail, JsonCursor, nextByte, nextItem, open } from './json-cursor.js'
import type { NumberOptions } from './json-number.js'
import { readNumber, skipWord, startsNumber } from './json-number.js'
import { asciiText, readString } from './json-text.js'
import { nextMember, readEnd, readValue, readWord, skipColon, skipValue } from './json-value.js'
import type { KeyTable } from './key-table.js'

export type { JsonLimits }

/** What stands next in a document; `end` where it is over. */
type JsonToken = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null' | 'end'

/** What `keyIndex` answers besides the position of a key. */
export const endOfObject = -1
export const unknownKey = -2

/**
 * A pull reader over the UTF-8 bytes of one JSON document (RFC 8259). Every method skips white space first, checks what it reads and throws
 * INVALID_JSON or INVALID_UTF8 with the byte offset; TOO_DEEP and TOO_MANY_ELEMENTS guard the limits. After a throw the reader is of no
 * more use, except where a method says so.
 */
export interface JsonReader {
  /** Byte offset. */
  readonly position: number
  /** The number read last was a finite literal beyond the range of a double, such as 1e400, and was given as an infinity. */
  readonly overflowed: boolean
  /** Text of the key for which `keyIndex` last gave `unknownKey`. */
  readonly key: string
  /** NaN, Infinity and -Infinity are a `number` here, whether or not they may be read. */
  peek(): JsonToken
  /** The byte that stands next, -1 at the end: what a hot loop looks at instead of `peek`. */
  peekByte(): number
  beginObject(): void
  /** The next key, its colon skipped; null when the object is over. */
  nextKey(): string | null
  /** Like `nextKey` for known keys, without making a text: the position in the table, `endOfObject` or `unknownKey`. `hint` is tried first. */
  keyIndex(table: KeyTable, hint?: number): number
  beginArray(): void
  /** Moves to the next item; false when the array is over. */
  nextItem(): boolean
  string(): string
  /** Reads a string as its position in the table; -1, with nothing read, when it is not there. */
  stringIndex(table: KeyTable): number
  /** The double that JSON.parse gives; see `overflowed`. */
  number(options?: NumberOptions): number
  /** A whole number, exactly: a bigint beyond 2^53; null when the literal (now read) is not whole. `3.0` and `1e3` are whole. */
  integer(options?: NumberOptions): number | bigint | null
  /** The literal of a number as it stands. */
  rawNumber(options?: NumberOptions): string
  boolean(): boolean
  null(): void
  /**
   * Any value: objects with a null prototype, numbers as doubles. A key given twice throws INPUT_DUPLICATE, a number beyond the range of a
   * double INPUT_RANGE; the reader then stands behind the value and can go on.
   */
  value(options?: NumberOptions): unknown
  /** Checks one value and moves behind it. */
  skip(options?: NumberOptions): void
  /** Appends the elements of an array, nested to any depth or flat, or of one scalar. Wrong elements are told in the answer, not thrown. */
  elements(buffer: ElementBuffer): NestedElements
  /** Goes to a position where a value begins, or back to where one ended, in the same array or object. */
  seek(position: number): void
  /** Checks that only white space follows. Leave it out where the protocol reads the first document and no further. */
  end(): void
  /** Throws with the byte offset; INVALID_JSON when no code is given. */
  fail(message: string, code?: ErrorCode): never
}

/** A reader at the start of `bytes`. */
export function createJsonReader(bytes: Uint8Array, limits: Partial<JsonLimits> = {}): JsonReader {
  return new BytesJsonReader(bytes, { ...defaultJsonLimits, ...limits })
}

class BytesJsonReader extends JsonCursor implements JsonReader {
  key = ''

  get position(): number {
    return this.at
  }

  peek(): JsonToken {
    const byte = nextByte(this)
    if (byte === 34) return 'string'
    if (byte === 123) return 'object'
    if (byte === 91) return 'array'
    if (byte === 116) return 'true'
    if (byte === 102) return 'false'
    if (byte === 110) return 'null'
    if (startsNumber(byte)) return 'number'
    return byte === -1 ? 'end' : expected(this, 'a value')
  }

  peekByte(): number {
    return nextByte(this)
  }

  beginObject(): void {
    if (nextByte(this) !== 123) expected(this, '`{`')
    open(this)
  }

  nextKey(): string | null {
    if (!nextMember(this)) return null
    const key = readString(this)
    skipColon(this)
    return key
  }

  keyIndex(table: KeyTable, hint = 0): number {
    if (!nextMember(this)) return endOfObject
    let index = table.match(this, hint)
    if (index < 0) {
      this.key = readString(this)
      index = table.indexOf(this.key)
    }
    skipColon(this)
    return index < 0 ? unknownKey : index
  }

  beginArray(): void {
    if (nextByte(this) !== 91) expected(this, '`[`')
    open(this)
  }

  nextItem(): boolean {
    return nextItem(this)
  }

  string(): string {
    return readString(this)
  }

  stringIndex(table: KeyTable): number {
    if (nextByte(this) !== 34) expected(this, 'a string')
    const index = table.match(this, 0)
    if (index >= 0) return index
    const start = this.at
    const found = table.indexOf(readString(this))
    if (found < 0) this.at = start
    return found
  }

  number(options?: NumberOptions): number {
    return readNumber(this, options?.nonFinite === true)
  }

  integer(options?: NumberOptions): number | bigint | null {
    nextByte(this)
    const start = this.at
    const value = readNumber(this, options?.nonFinite === true)
    if (Number.isSafeInteger(value) && this.digitsOnly) return value
    if (!Number.isInteger(value) && !this.overflowed) return null
    const whole = exactInteger(asciiText(this.bytes, start, this.at))
    return whole !== null && Number.isSafeInteger(value) ? value : whole
  }

  rawNumber(options?: NumberOptions): string {
    nextByte(this)
    const start = this.at
    readNumber(this, options?.nonFinite === true)
    return asciiText(this.bytes, start, this.at)
  }

  boolean(): boolean {
    nextByte(this)
    const { at } = this
    const word = readWord(this)
    if (word !== null) return word
    this.at = at
    return expected(this, '`true` or `false`')
  }

  null(): void {
    nextByte(this)
    if (!skipWord(this, 'null')) expected(this, '`null`')
  }

  value(options?: NumberOptions): unknown {
    return readValue(this, options?.nonFinite === true)
  }

  skip(options?: NumberOptions): void {
    skipValue(this, options?.nonFinite === true)
  }

  elements(buffer: ElementBuffer): NestedElements {
    return readElements(this, buffer)
  }

  seek(position: number): void {
    this.at = position
    this.first = false
  }

  end(): void {
    readEnd(this)
  }

  fail(message: string, code?: ErrorCode): never {
    return fail(this, message, code)
  }
}
