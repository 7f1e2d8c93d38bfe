import type { FrameBuilder } from '../../../core/frame-builder.js'
import type { JsonLimits, JsonReader } from '../../../core/json-reader.js'
import { createJsonReader } from '../../../core/json-reader.js'

/**
 * True for a body that begins with `{"rows":[`, white space aside: then it is a list of rows. A model with an input called `rows` that is a
 * list takes its rows in that form only.
 */
export function isRowList(body: Uint8Array): boolean {
  let at = skipSpace(body, 0)
  if (body[at] !== 0x7b) return false
  at = skipSpace(body, at + 1)
  for (let i = 0; i < rowsKey.length; i++) if (body[at + i] !== rowsKey[i]) return false
  at = skipSpace(body, at + rowsKey.length)
  return body[at] === 0x3a && body[skipSpace(body, at + 1)] === 0x5b
}

const rowsKey = Uint8Array.from('"rows"', (letter) => letter.charCodeAt(0))

function skipSpace(body: Uint8Array, from: number): number {
  let at = from
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at++
  return at
}

/** Reads one row, the whole body, straight into the builder of this turn. */
export function readOneRow(body: Uint8Array, limits: JsonLimits, builder: FrameBuilder): void {
  const reader = createJsonReader(body, limits)
  if (reader.peekByte() !== 0x7b) refuseOther(reader)
  builder.readRow(reader)
  reader.end()
}

/** What is no value at all is INVALID_JSON, any other value INVALID_REQUEST. */
function refuseOther(reader: JsonReader): never {
  reader.peek()
  return reader.fail('the body is one row, an object, or `{"rows":[…]}`', 'INVALID_REQUEST')
}

/** Reads `{"rows":[{…},…]}` straight into the builder of this turn. */
export function readRowList(body: Uint8Array, limits: JsonLimits, builder: FrameBuilder): void {
  const reader = createJsonReader(body, limits)
  reader.beginObject()
  reader.nextKey()
  const before = builder.length
  readItems(reader, builder)
  if (builder.length === before) reader.fail('`rows` is empty', 'INVALID_REQUEST')
  const next = reader.nextKey()
  if (next !== null) reader.fail(`the key \`${next}\` stands beside \`rows\`; nothing does`, 'INVALID_REQUEST')
  reader.end()
}

function readItems(reader: JsonReader, builder: FrameBuilder): void {
  reader.beginArray()
  while (reader.nextItem()) builder.readRow(reader)
}
