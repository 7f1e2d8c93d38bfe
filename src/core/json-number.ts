import { decimalToDouble } from './decimal.js'
import type { JsonCursor } from './json-cursor.js'
import { expected, nextByte } from './json-cursor.js'
import { asciiText } from './json-text.js'

/** Which literals beyond RFC 8259 a number may be. */
export interface NumberOptions {
  /** NaN, Infinity and -Infinity (the dialect of Triton, TensorFlow Serving and Python's json module). */
  readonly nonFinite?: boolean
}

/** True for a byte with which a number, or NaN or Infinity, may start. */
export function startsNumber(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || byte === 45 || byte === 78 || byte === 73
}

/**
 * Reads a number as the double that JSON.parse gives. A finite literal beyond the range of a double gives Infinity of its sign, and sets
 * `cursor.overflowed`.
 */
export function readNumber(cursor: JsonCursor, nonFinite: boolean): number {
  const { bytes, size: end } = cursor
  nextByte(cursor)
  const start = cursor.at
  let at = start
  const negative = at < end && bytes[at] === 45
  if (negative) at++
  // Two int32 accumulators of 9 significant digits each: cheaper than one chain of double multiplications.
  let high = 0
  let low = 0
  let significant = 0
  let digit = at < end ? bytes[at]! ^ 48 : 255
  if (digit > 9) return readLiteral(cursor, start, nonFinite)
  if (digit === 0) at++
  else {
    do {
      if (significant < 9) high = (Math.imul(high, 10) + digit) | 0
      else if (significant < 18) low = (Math.imul(low, 10) + digit) | 0
      significant++
      at++
    } while (at < end && (digit = bytes[at]! ^ 48) <= 9)
  }
  let exponent = 0
  let byte = at < end ? bytes[at]! : 0
  cursor.digitsOnly = byte !== 46 && byte !== 101 && byte !== 69
  if (byte === 46) {
    const fraction = ++at
    while (at < end && (digit = bytes[at]! ^ 48) <= 9) {
      if (significant > 0 || digit > 0) {
        if (significant < 9) high = (Math.imul(high, 10) + digit) | 0
        else if (significant < 18) low = (Math.imul(low, 10) + digit) | 0
        significant++
      }
      at++
    }
    exponent = fraction - at
    if (exponent === 0) missingDigit(cursor, at)
    byte = at < end ? bytes[at]! : 0
  }
  if (byte === 101 || byte === 69) {
    exponent += readExponent(cursor, at + 1)
    at = cursor.at
  } else if ((byte ^ 48) <= 9) expected(moved(cursor, at), 'no digit after a leading zero')
  cursor.at = at
  cursor.overflowed = false
  const lowDigits = significant > 9 ? significant - 9 : 0
  const value = lowDigits > 9 ? Number.NaN : decimalToDouble(high, low, lowDigits, exponent)
  // Only a result of the slow way is NaN: more than 18 digits, a large exponent, or a value too close to the middle of two doubles.
  if (!Number.isNaN(value)) return negative ? -value : value
  return convert(cursor, start, at)
}

/** Reads an exponent after its `e`; leaves the cursor behind it. Beyond 99 999 it is only large. */
function readExponent(cursor: JsonCursor, from: number): number {
  const { bytes, size: end } = cursor
  let at = from
  const sign = at < end ? bytes[at]! : 0
  if (sign === 43 || sign === 45) at++
  const digits = at
  let power = 0
  let digit = 0
  while (at < end && (digit = bytes[at]! ^ 48) <= 9) {
    if (power < 100_000) power = power * 10 + digit
    at++
  }
  if (at === digits) missingDigit(cursor, at)
  cursor.at = at
  return sign === 45 ? -power : power
}

function convert(cursor: JsonCursor, start: number, end: number): number {
  const value = Number(asciiText(cursor.bytes, start, end))
  cursor.overflowed = value === Infinity || value === -Infinity
  return value
}

function readLiteral(cursor: JsonCursor, start: number, nonFinite: boolean): number {
  cursor.at = start
  cursor.overflowed = false
  if (nonFinite) {
    if (skipWord(cursor, 'NaN')) return Number.NaN
    if (skipWord(cursor, 'Infinity')) return Infinity
    if (skipWord(cursor, '-Infinity')) return -Infinity
  }
  return expected(cursor, 'a number')
}

/** Skips `word` if it stands here. */
export function skipWord(cursor: JsonCursor, word: string): boolean {
  const { bytes, at } = cursor
  if (at + word.length > cursor.size) return false
  for (let i = 0; i < word.length; i++) {
    if (bytes[at + i] !== word.charCodeAt(i)) return false
  }
  cursor.at = at + word.length
  return true
}

function missingDigit(cursor: JsonCursor, at: number): never {
  return expected(moved(cursor, at), 'a digit')
}

function moved(cursor: JsonCursor, at: number): JsonCursor {
  cursor.at = at
  return cursor
}
