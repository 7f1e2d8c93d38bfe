import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredSets } from '../../core/stored-sets.js'
import { openDatabase } from './open-database.js'
import { openSqliteStoredSets } from './stored-sets.js'

let folder: string
const opened: StoredSets[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-stored-'))
})
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
  await rm(folder, { recursive: true })
})

async function open(name: string, options: { readonly readonly?: boolean; readonly waitMs?: number } = {}): Promise<StoredSets> {
  const store = await openSqliteStoredSets({ path: join(folder, name), ...options })
  opened.push(store)
  return store
}

async function load(store: StoredSets, id: string): Promise<void> {
  await store.create({ id, model: 'fraud', version: '1', digest: 'sha256:0', producedAt: 0 })
  const writer = await store.openPartition(id, 0)
  await writer.write([{ key: 'k', value: '1', row: 0 }])
  let checksum = ''
  const partition = { index: 0, file: 0, start: 0, end: 1 }
  await writer.commit(async (_, data) => {
    checksum = data.checksum
    return { partition, read: 1, filtered: 0, written: 1, bad: 0, fallback: 0, ...data, details: {} }
  })
  await store.complete(id, { rows: 1, checksum, fallbackRows: 0, details: {} })
}

async function flip(store: StoredSets, set: string): Promise<void> {
  await store.flip({ model: 'fraud', set, kind: 'flip', by: 'test', reason: '' })
}

describe('stored sets in SQLite', () => {
  it('makes the folders above it', async () => {
    const store = await open('a/b/stored.sqlite')
    expect(await store.sets()).toEqual([])
  })

  it('refuses a file that is not SQLite, one of another program, and one that is not there to be read', async () => {
    await writeFile(join(folder, 'text'), 'not a database at all, and long enough to be none'.repeat(100))
    await expect(open('text')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('not a SQLite file') as string,
    })
    const foreign = await openDatabase(join(folder, 'shop.db'), { readonly: false })
    foreign.exec('CREATE TABLE orders (id)')
    foreign.close()
    const message = expect.stringContaining('another program') as string
    await expect(open('shop.db')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message })
    await expect(open('none.db', { readonly: true })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await readdir(folder)).not.toContain('none.db')
  })

  it('reads and does not write when opened for reading', async () => {
    const store = await open('s.db')
    await load(store, 'a')
    await flip(store, 'a')
    const reader = await open('s.db', { readonly: true })
    expect(await reader.read('fraud', ['k'])).toMatchObject({ values: ['1'] })
    await expect(flip(reader, 'a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it('says that the file of a set is damaged or gone, and recovers with a flip', async () => {
    const store = await open('s.db')
    for (const id of ['a', 'b']) await load(store, id)
    await flip(store, 'a')
    await rm(join(folder, 's.db-sets', '1.sqlite'))
    await expect(store.read('fraud', ['k'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await writeFile(join(folder, 's.db-sets', '1.sqlite'), Buffer.alloc(8192, 7))
    await expect(store.read('fraud', ['k'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await flip(store, 'b')
    expect((await store.read('fraud', ['k'])).values).toEqual(['1'])
  })

  it('waits for another writer no longer than it is told', async () => {
    const store = await open('s.db', { waitMs: 50 })
    await load(store, 'a')
    const other = await openDatabase(join(folder, 's.db'), { readonly: false })
    other.exec('BEGIN IMMEDIATE')
    await expect(flip(store, 'a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const flipping = (await open('s.db')).flip({ model: 'fraud', set: 'a', kind: 'flip', by: 'test', reason: '' })
    other.exec('COMMIT')
    other.close()
    expect(await flipping).toMatchObject({ set: 'a' })
  })

  it('loads one set while pointers move and other sets are written', async () => {
    const store = await open('s.db')
    for (const id of ['a', 'b']) await load(store, id)
    await store.create({ id: 'c', model: 'fraud', version: '1', digest: 'sha256:0', producedAt: 0 })
    const writer = await store.openPartition('c', 0)
    await writer.write([{ key: 'k', value: '1', row: 0 }])
    await flip(store, 'a')
    await load(await open('s.db'), 'd')
    await flip(store, 'd')
    await writer.abort()
    expect((await store.active('fraud'))?.id).toBe('d')
  })

  it('removes files that a killed process left of sets that are dropped', async () => {
    const store = await open('s.db')
    await load(store, 'a')
    await writeFile(join(folder, 's.db-sets', '99.sqlite'), '')
    await load(store, 'b')
    await store.drop('a')
    const files = (await readdir(join(folder, 's.db-sets'))).filter((name) => name.endsWith('.sqlite'))
    expect(files).toEqual(['2.sqlite'])
  })
})
