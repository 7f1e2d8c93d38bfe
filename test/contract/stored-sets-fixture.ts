import { RowHash } from '../../src/core/row-hash.js'
import type { NewSet, StoredRow, StoredSet, StoredSets } from '../../src/core/stored-sets.js'
import type { PartitionRecord, RefusedRow } from '../../src/core/table.js'

/** Rows of the keys, numbered from 0; each value tells the set that it is of. */
export function rowsOf(set: string, keys: readonly string[]): readonly StoredRow[] {
  return keys.map((key, row) => ({ key, value: valueOf(set, key), row }))
}

export function valueOf(set: string, key: string): string {
  return JSON.stringify({ output: { set, key }, source: 'model' })
}

export function checksumOf(rows: readonly StoredRow[]): string {
  const hash = new RowHash()
  for (const { key, value } of rows) hash.add(key, value)
  return hash.hex()
}

export function newSet(id: string, model: string = 'fraud'): NewSet {
  return { id, model, version: '3', digest: `sha256:${'0'.repeat(64)}`, producedAt: 1_700_000_000_000 }
}

/** Opens a partition, writes rows and commits them; resolves to the record, and what was refused. */
export async function writePartition(
  store: StoredSets,
  set: string,
  index: number,
  rows: readonly StoredRow[],
): Promise<{ record: PartitionRecord; refused: readonly RefusedRow[] }> {
  const writer = await store.openPartition(set, index)
  await writer.write(rows)
  let refused: readonly RefusedRow[] = []
  const record = await writer.commit(async (found, data) => {
    refused = found
    return recordOf(index, rows.length, found.length, data)
  })
  return { record, refused }
}

export function recordOf(
  index: number,
  read: number,
  bad: number,
  data: { readonly bytes: number; readonly checksum: string },
): PartitionRecord {
  const partition = { index, file: 0, start: index * 100, end: index * 100 + read }
  return { partition, read, filtered: 0, written: read - bad, bad, fallback: 0, ...data, details: { note: 'naïve' } }
}

/** Makes a set of the keys, in partitions of so many, and completes it. */
export async function loadSet(
  store: StoredSets,
  set: NewSet,
  keys: readonly string[],
  partitionRows: number = Infinity,
): Promise<StoredSet> {
  await store.create(set)
  const rows = rowsOf(set.id, keys)
  for (let start = 0, index = 0; start < rows.length; start += partitionRows, index++) {
    await writePartition(store, set.id, index, rows.slice(start, start + partitionRows))
  }
  return store.complete(set.id, { rows: rows.length, checksum: checksumOf(rows), fallbackRows: 0, details: {} })
}

export async function flipTo(store: StoredSets, set: string, model: string = 'fraud'): Promise<void> {
  await store.flip({ model, set, kind: 'flip', by: 'test', reason: 'a new set' })
}

/** The set that every value of a read is of; throws when they differ from each other or from what the read says. */
export function setOfRead(read: Awaited<ReturnType<StoredSets['read']>>): string | null {
  for (const value of read.values) {
    const { output } = JSON.parse(value ?? 'null') as { output: { set: string } }
    if (output.set !== read.set?.id) throw new Error(`a value of ${output.set} was read from ${read.set?.id}`)
  }
  return read.set?.id ?? null
}
