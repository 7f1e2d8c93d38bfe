import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PartitionRecord } from '../../core/table.js'
import { openLmdbStoredSets } from './stored-sets.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-lmdb-'))
})
afterEach(() => rm(folder, { recursive: true }))

const partition = { index: 0, file: 0, start: 0, end: 1 }
const counts = { partition, read: 0, filtered: 0, written: 0, bad: 0, fallback: 0, details: {} }

describe('stored sets in LMDB', () => {
  it('refuses a path that is a file', async () => {
    await writeFile(join(folder, 'file'), 'text')
    await expect(openLmdbStoredSets({ path: join(folder, 'file') })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it('grows beyond the space that it was opened with', async () => {
    const store = await openLmdbStoredSets({ path: join(folder, 'small'), mapSize: 2 ** 20 })
    await store.create({ id: 'a', model: 'fraud', version: '1', digest: 'sha256:0', producedAt: 0 })
    const writer = await store.openPartition('a', 0)
    const value = 'v'.repeat(5000)
    await writer.write(Array.from({ length: 1000 }, (_, row) => ({ key: `k${row}`, value, row })))
    const { checksum } = await writer.commit(async (_, data): Promise<PartitionRecord> => ({ ...counts, ...data }))
    await store.complete('a', { rows: 1000, checksum, fallbackRows: 0, details: {} })
    await store.flip({ model: 'fraud', set: 'a', kind: 'flip', by: 'test', reason: '' })
    expect((await store.read('fraud', ['k0', 'k999', 'k1000'])).values).toEqual([value, value, null])
    await store.close()
  })

  it('refuses a key that another connection wrote since it was looked for', async () => {
    const path = join(folder, 'shared')
    const store = await openLmdbStoredSets({ path })
    await store.create({ id: 'a', model: 'fraud', version: '1', digest: 'sha256:0', producedAt: 0 })
    const writers = [await store.openPartition('a', 0), await store.openPartition('a', 1)]
    for (const writer of writers) await writer.write([{ key: 'k', value: '1', row: 0 }])
    await writers[0]!.commit(async (_, data) => ({ ...counts, ...data }))
    const late = writers[1]!.commit(async (_, data) => ({ ...counts, partition: { ...partition, index: 1 }, ...data }))
    await expect(late).rejects.toMatchObject({ code: 'SINK_FAILED' })
    expect(await store.partitions('a')).toHaveLength(1)
    await store.close()
  })
})
