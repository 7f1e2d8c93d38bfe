import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RowHash } from '../../src/core/row-hash.js'
import type { NewSet, StoredSet, StoredSets } from '../../src/core/stored-sets.js'
import type { PartitionRecord } from '../../src/core/table.js'
import { openSqliteStoredSets } from '../../src/drivers/sqlite/stored-sets.js'

/** A SQLite store in a folder of its own. */
export interface StoredPlace {
  readonly path: string
  readonly sets: StoredSets
  remove(): Promise<void>
}

export async function storedPlace(): Promise<StoredPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-stored-'))
  const path = join(folder, 'stored.sqlite')
  const sets = await openSqliteStoredSets({ path })
  return {
    path,
    sets,
    async remove() {
      await sets.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The same store as an engine across a network would give it: no reads at once. */
export function withoutReadNow(sets: StoredSets): StoredSets {
  return new Proxy(sets, {
    get: (target, name) => {
      if (name === 'readNow') return undefined
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

export interface FilledSet extends Partial<NewSet> {
  readonly id: string
  readonly values: Readonly<Record<string, string>>
  readonly fallbackRows?: number
  readonly details?: Readonly<Record<string, unknown>>
}

/** Writes a whole set in one partition; readers do not see it yet. */
export async function fillSet(sets: StoredSets, { values, fallbackRows = 0, details = {}, ...head }: FilledSet): Promise<StoredSet> {
  await sets.create({ model: 'm', version: '1', digest: 'sha256:1', producedAt: 1_000_000, ...head })
  const entries = Object.entries(values)
  const writer = await sets.openPartition(head.id, 0)
  await writer.write(entries.map(([key, value], row) => ({ key, value, row })))
  const { checksum } = await writer.commit(async (_, data) => recordOf(entries.length, data))
  const hash = new RowHash()
  hash.merge(checksum)
  return sets.complete(head.id, { rows: entries.length, checksum: hash.hex(), fallbackRows, details })
}

function recordOf(rows: number, data: { readonly bytes: number; readonly checksum: string }): PartitionRecord {
  const counts = { read: rows, filtered: 0, written: rows, bad: 0, fallback: 0 }
  return { partition: { index: 0, file: 0, start: 0, end: rows }, ...counts, ...data, details: {} }
}

/** What `slipway` stores for an output. */
export function stored(output: object, source = 'model', codes: readonly string[] = []): string {
  return JSON.stringify({ output, source, ...(codes.length === 0 ? {} : { codes }) })
}
