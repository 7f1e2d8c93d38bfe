import { SlipwayError } from '../core/errors.js'
import type { RecordStore } from '../core/registry-store.js'
import { canonicalBytes } from './canonical-json.js'
import { readEntry, sameBytes } from './journal.js'
import { lookup } from './names.js'
import { aliasFile, type AliasRecord, type ModelHead } from './records.js'
import { parseJson } from './shape.js'

/** The aliases that have a file, in order. */
export async function listAliasFiles(records: RecordStore, model: string): Promise<readonly string[]> {
  const names: string[] = []
  const prefix = `models/${model}/aliases/`
  for await (const { kind, key } of records.list(prefix)) {
    if (kind === 'record' && key.endsWith('.json')) names.push(key.slice(prefix.length, -'.json'.length))
  }
  return names
}

/** Writes the file of an alias as `head` has it, or deletes it. */
export async function publishAlias(records: RecordStore, head: ModelHead, alias: string): Promise<void> {
  const record = lookup(head.aliases, alias)
  if (record === undefined) await records.delete(aliasKey(head.model, alias))
  else await records.put(aliasKey(head.model, alias), encodeAlias(head.model, alias, record))
}

/**
 * How the file of an alias stands to the journal: `current`; `behind` (missing, or what the journal once said: a writer was
 * interrupted); or `damaged`, when the journal never said so. A file ahead of `head` is current.
 */
export async function aliasFileStatus(records: RecordStore, head: ModelHead, alias: string): Promise<'current' | 'behind' | 'damaged'> {
  const now = lookup(head.aliases, alias)
  try {
    const bytes = await records.get(aliasKey(head.model, alias))
    if (bytes === undefined) return now === undefined ? 'current' : 'behind'
    if (now !== undefined && sameBytes(bytes, encodeAlias(head.model, alias, now))) return 'current'
    const { seq } = aliasFile(parseJson(bytes, alias), alias)
    const entry = await readEntry(records, head.model, seq)
    const then = entry === undefined ? undefined : lookup(entry.aliases, alias)
    if (then === undefined || then === null || !sameBytes(bytes, encodeAlias(head.model, alias, then))) return 'damaged'
    return seq > head.seq ? 'current' : 'behind'
  } catch (thrown) {
    if (thrown instanceof SlipwayError && thrown.code === 'REGISTRY_FORMAT') return 'damaged'
    throw thrown
  }
}

/** Rolls files forward that an interrupted writer left behind. Damaged ones stay as they are, so that `verify` can name them. */
export async function repairAliasFiles(records: RecordStore, head: ModelHead): Promise<void> {
  const names = new Set([...(await listAliasFiles(records, head.model)), ...Object.keys(head.aliases)])
  for (const alias of names) {
    if ((await aliasFileStatus(records, head, alias)) === 'behind') await publishAlias(records, head, alias)
  }
}

function encodeAlias(model: string, alias: string, record: AliasRecord): Uint8Array {
  return canonicalBytes({ schemaVersion: 1, model, alias, ...record })
}

// These files are for people and for programs in other languages: slipway itself reads the journal.
function aliasKey(model: string, alias: string): string {
  return `models/${model}/aliases/${alias}.json`
}
