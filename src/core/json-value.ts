import type { JsonCursor } from './json-cursor.js'
import { close, countElement, expected, fail, nextByte, nextItem, open } from './json-cursor.js'
import { readNumber, skipWord, startsNumber } from './json-number.js'
import { readString, skipString } from './json-text.js'
import { SlipwayError } from './errors.js'

/** Moves to the next member of an object, up to its key; false (and the object left) at its `}`. */
export function nextMember(cursor: JsonCursor): boolean {
  let byte = nextByte(cursor)
  if (byte === 125) {
    close(cursor)
    return false
  }
  if (cursor.first) cursor.first = false
  else {
    if (byte !== 44) expected(cursor, '`,` or `}`')
    cursor.at++
    byte = nextByte(cursor)
  }
  if (byte !== 34) expected(cursor, 'a key in quotes')
  countElement(cursor)
  return true
}

/** Skips the colon behind a key. */
export function skipColon(cursor: JsonCursor): void {
  if (nextByte(cursor) !== 58) expected(cursor, '`:`')
  cursor.at++
}

/**
 * Reads any value: objects with a null prototype, numbers as doubles. What is valid JSON and still not one value (a key given twice, a
 * number beyond the range of a double) throws INPUT_DUPLICATE or INPUT_RANGE once the value is read: the cursor then stands behind it.
 */
export function readValue(cursor: JsonCursor, nonFinite: boolean): unknown {
  const walk: ValueWalk = { cursor, nonFinite, problem: null }
  const value = readAny(walk)
  if (walk.problem !== null) throw walk.problem
  return value
}

interface ValueWalk {
  readonly cursor: JsonCursor
  readonly nonFinite: boolean
  problem: SlipwayError | null
}

function readAny(walk: ValueWalk): unknown {
  const { cursor } = walk
  const byte = nextByte(cursor)
  if (byte === 34) return readString(cursor)
  if (byte === 123) return readObject(walk)
  if (byte === 91) return readArray(walk)
  if (startsNumber(byte)) return readDouble(walk)
  return readWord(cursor)
}

function readObject(walk: ValueWalk): unknown {
  const { cursor } = walk
  const object = Object.create(null) as Record<string, unknown>
  open(cursor)
  while (nextMember(cursor)) {
    const key = readString(cursor)
    if (key in object) walk.problem ??= new SlipwayError('INPUT_DUPLICATE', `a key is given twice, before byte ${cursor.at}`)
    skipColon(cursor)
    object[key] = readAny(walk)
  }
  return object
}

function readArray(walk: ValueWalk): unknown {
  const items: unknown[] = []
  open(walk.cursor)
  while (nextItem(walk.cursor)) items.push(readAny(walk))
  return items
}

function readDouble(walk: ValueWalk): number {
  const { cursor } = walk
  const value = readNumber(cursor, walk.nonFinite)
  if (cursor.overflowed) walk.problem ??= new SlipwayError('INPUT_RANGE', `a number is too large for a double, before byte ${cursor.at}`)
  return value
}

/** Reads `true`, `false` or `null`. */
export function readWord(cursor: JsonCursor): boolean | null {
  if (skipWord(cursor, 'true')) return true
  if (skipWord(cursor, 'false')) return false
  if (skipWord(cursor, 'null')) return null
  return expected(cursor, 'a value')
}

/** Checks a value and moves behind it. */
export function skipValue(cursor: JsonCursor, nonFinite: boolean): void {
  const byte = nextByte(cursor)
  if (byte === 34) skipString(cursor)
  else if (byte === 123) skipObject(cursor, nonFinite)
  else if (byte === 91) skipArray(cursor, nonFinite)
  else if (startsNumber(byte)) readNumber(cursor, nonFinite)
  else readWord(cursor)
}

function skipObject(cursor: JsonCursor, nonFinite: boolean): void {
  open(cursor)
  while (nextMember(cursor)) {
    skipString(cursor)
    skipColon(cursor)
    skipValue(cursor, nonFinite)
  }
}

function skipArray(cursor: JsonCursor, nonFinite: boolean): void {
  open(cursor)
  while (nextItem(cursor)) skipValue(cursor, nonFinite)
}

/** Checks that only white space follows. */
export function readEnd(cursor: JsonCursor): void {
  if (nextByte(cursor) !== -1) fail(cursor, 'the JSON goes on after its end')
}
