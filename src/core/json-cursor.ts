import type { ErrorCode } from './errors.js'
import { SlipwayError } from './errors.js'

/** Limits of a JSON document. */
export interface JsonLimits {
  /** Deepest nesting of arrays and objects; 1000 at most. */
  readonly depth: number
  /** Most elements (array items and object members) in the whole document. */
  readonly elements: number
}

/** The limits that hold where none are given. */
export const defaultJsonLimits: JsonLimits = { depth: 100, elements: 16_777_216 }

/** Nesting that `depth` cannot raise: values are read recursively, and the stack is not endless. */
const deepest = 1000

/** A place in the bytes of a JSON document; the state that the functions of the `json-*` files share. */
export class JsonCursor {
  readonly bytes: Uint8Array
  readonly size: number
  readonly maxDepth: number
  readonly maxElements: number
  at = 0
  /** True right after `[` or `{`: the next item has no comma before it. */
  first = false
  depth = 0
  counted = 0
  /** The number read last was a finite literal beyond the range of a double. */
  overflowed = false
  /** The number read last was written with digits alone: no fraction, no exponent. */
  digitsOnly = false

  constructor(bytes: Uint8Array, limits: JsonLimits) {
    this.bytes = bytes
    this.size = bytes.length
    this.maxDepth = Math.min(limits.depth, deepest)
    this.maxElements = limits.elements
  }
}

/** Skips white space; the byte that follows, or -1 at the end. The cursor stands before it. */
export function nextByte(cursor: JsonCursor): number {
  const { bytes, size: end } = cursor
  let at = cursor.at
  while (at < end) {
    const byte = bytes[at]!
    if (byte > 32 || (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9)) {
      cursor.at = at
      return byte
    }
    at++
  }
  cursor.at = at
  return -1
}

/** Enters the array or object whose opening byte the cursor stands before. */
export function open(cursor: JsonCursor): void {
  if (++cursor.depth > cursor.maxDepth) {
    fail(cursor, `the JSON is nested deeper than ${cursor.maxDepth}`, 'TOO_DEEP')
  }
  cursor.at++
  cursor.first = true
}

/** Leaves the array or object whose closing byte the cursor stands before. */
export function close(cursor: JsonCursor): void {
  cursor.depth--
  cursor.at++
  cursor.first = false
}

/** Counts one array item or object member. */
export function countElement(cursor: JsonCursor): void {
  if (++cursor.counted > cursor.maxElements) {
    fail(cursor, `the JSON has more than ${cursor.maxElements} elements`, 'TOO_MANY_ELEMENTS')
  }
}

/** Moves to the next item of an array, past its comma; false (and the array left) at its `]`. */
export function nextItem(cursor: JsonCursor): boolean {
  let byte = nextByte(cursor)
  if (byte === 93) {
    close(cursor)
    return false
  }
  if (cursor.first) cursor.first = false
  else {
    if (byte !== 44) expected(cursor, '`,` or `]`')
    cursor.at++
    byte = nextByte(cursor)
    if (byte === 93) fail(cursor, 'trailing comma in an array')
  }
  countElement(cursor)
  return true
}

/** Throws with the byte offset at which the cursor stands. */
export function fail(cursor: JsonCursor, message: string, code: ErrorCode = 'INVALID_JSON'): never {
  throw new SlipwayError(code, `${message}, at byte ${cursor.at}`)
}

/** Throws INVALID_JSON: `what` was expected, and something else or nothing stands here. */
export function expected(cursor: JsonCursor, what: string): never {
  const { bytes, at, size: end } = cursor
  if (at >= end) fail(cursor, `expected ${what}, the JSON ends`)
  if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) fail(cursor, `expected ${what}, received a byte order mark`)
  fail(cursor, `expected ${what}, received ${describeByte(bytes[at]!)}`)
}

function describeByte(byte: number): string {
  return byte > 32 && byte < 127 ? `\`${String.fromCharCode(byte)}\`` : `byte 0x${byte.toString(16).padStart(2, '0')}`
}
