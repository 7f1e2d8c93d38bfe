import type { JsonCursor } from './json-cursor.js'
import { expected, fail, nextByte } from './json-cursor.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const code = String.fromCharCode

/** What the scan of a string found: its closing quote, and whether its bytes are the text as they stand. */
const plain = 0
const wide = 1
const escaped = 2

/** Text of bytes known to be ASCII. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  // Measured on V8: below 13 bytes a decoder call costs more than building the text from codes.
  if (end - start > 12) return decoder.decode(bytes.subarray(start, end))
  let text = ''
  let at = start
  for (; at + 4 <= end; at += 4) text += code(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
  for (; at < end; at++) text += code(bytes[at]!)
  return text
}

/** Reads a string. INVALID_UTF8 for bytes that are not UTF-8 and for escapes of half a surrogate pair. */
export function readString(cursor: JsonCursor): string {
  if (nextByte(cursor) !== 34) expected(cursor, 'a string')
  const start = cursor.at + 1
  const kind = scan(cursor)
  const end = cursor.at - 1
  if (kind === plain) return asciiText(cursor.bytes, start, end)
  return kind === wide ? decode(cursor, cursor.bytes.subarray(start, end)) : unescape(cursor, start, end)
}

/** Checks a string and moves behind it. */
export function skipString(cursor: JsonCursor): void {
  if (nextByte(cursor) !== 34) expected(cursor, 'a string')
  const start = cursor.at + 1
  const kind = scan(cursor)
  if (kind !== plain) unescape(cursor, start, cursor.at - 1)
}

/** Moves from the opening quote behind the closing one. */
function scan(cursor: JsonCursor): number {
  const { bytes, size: end } = cursor
  let kind = plain
  let at = cursor.at + 1
  while (at < end) {
    const byte = bytes[at]!
    if (byte === 34) {
      cursor.at = at + 1
      return kind
    }
    if (byte < 32) {
      cursor.at = at
      fail(cursor, 'a control character in a string is not escaped')
    }
    if (byte === slash) {
      kind = escaped
      at++
    } else if (byte > 127 && kind === plain) kind = wide
    at++
  }
  cursor.at = end
  return fail(cursor, 'a string has no closing quote')
}

function decode(cursor: JsonCursor, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return fail(cursor, 'the string before is not valid UTF-8', 'INVALID_UTF8')
  }
}

const slash = 92

/** Replaces the escapes in a copy of the bytes, which only becomes shorter, and decodes it once. */
function unescape(cursor: JsonCursor, start: number, end: number): string {
  const { bytes } = cursor
  const behind = cursor.at
  const target = new Uint8Array(end - start)
  let length = 0
  cursor.at = start
  while (cursor.at < end) {
    const byte = bytes[cursor.at]!
    if (byte === slash) length = readEscape(cursor, target, length)
    else {
      target[length++] = byte
      cursor.at++
    }
  }
  cursor.at = behind
  return decode(cursor, target.subarray(0, length))
}

const simpleEscapes: Readonly<Record<number, number>> = { 34: 34, 47: 47, 92: 92, 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 }

/** Reads one escape, or two that are a surrogate pair, writes its UTF-8 and gives the new length. */
function readEscape(cursor: JsonCursor, target: Uint8Array, length: number): number {
  const letter = cursor.bytes[cursor.at + 1]!
  if (letter === 117) return writeCodePoint(readCodePoint(cursor), target, length)
  const byte = simpleEscapes[letter]
  if (byte === undefined) fail(cursor, 'the escape in a string is not one of JSON')
  cursor.at += 2
  target[length] = byte
  return length + 1
}

function readCodePoint(cursor: JsonCursor): number {
  const { bytes, at } = cursor
  const lead = readHex(cursor)
  if ((lead & 0xf800) !== 0xd800) return lead
  const paired = lead < 0xdc00 && bytes[at + 6] === slash && bytes[at + 7] === 117
  const trail = paired ? readHex(cursor) : 0
  if ((trail & 0xfc00) === 0xdc00) return 0x10000 + ((lead & 0x3ff) << 10) + (trail & 0x3ff)
  cursor.at = at
  return fail(cursor, 'the escape is half of a surrogate pair', 'INVALID_UTF8')
}

function writeCodePoint(point: number, target: Uint8Array, length: number): number {
  if (point < 0x80) {
    target[length] = point
    return length + 1
  }
  const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
  for (let i = more, rest = point; i > 0; i--, rest >>= 6) target[length + i] = 0x80 | (rest & 0x3f)
  target[length] = ((0xff00 >> (more + 1)) & 0xff) | (point >> (6 * more))
  return length + more + 1
}

/** Reads `\uXXXX`; the scan has seen that a closing quote follows, so bytes beyond the string end at that quote, which is no hex digit. */
function readHex(cursor: JsonCursor): number {
  let unit = 0
  for (let i = 2; i < 6; i++) {
    const digit = hexDigit(cursor.bytes[cursor.at + i]!)
    if (digit < 0) fail(cursor, 'the escape in a string lacks its four hexadecimal digits')
    unit = unit * 16 + digit
  }
  cursor.at += 6
  return unit
}

function hexDigit(byte: number): number {
  if ((byte ^ 48) <= 9) return byte ^ 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
