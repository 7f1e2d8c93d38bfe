import type { WireReader } from './wire-reader.js'

/** Reads a StringStringEntryProto. */
export function readEntry(reader: WireReader): { key: string; value: string } {
  let key = ''
  let value = ''
  while (reader.next()) {
    if (reader.field === 1) key = reader.once().string()
    else if (reader.field === 2) value = reader.once().string()
  }
  return { key, value }
}
