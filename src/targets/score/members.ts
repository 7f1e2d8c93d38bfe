import { createJsonReader } from '../../core/json-reader.js'

/** A member of a JSON object, its value as it stands in the text. */
export interface Member {
  readonly name: string
  readonly text: string
}

/** The members of an object in JSON, the first of each name; null for what is no object. INVALID_JSON and INVALID_UTF8 are thrown. */
export function membersOf(bytes: Uint8Array): readonly Member[] | null {
  const reader = createJsonReader(bytes)
  if (reader.peekByte() !== 123) return null
  const members = new Map<string, string>()
  reader.beginObject()
  for (let name = reader.nextKey(); name !== null; name = reader.nextKey()) {
    const from = reader.position
    reader.skip({ nonFinite: true })
    if (!members.has(name))
      members.set(
        name,
        Buffer.from(bytes.buffer, bytes.byteOffset + from, reader.position - from)
          .toString()
          .trim(),
      )
  }
  return Array.from(members, ([name, text]) => ({ name, text }))
}
