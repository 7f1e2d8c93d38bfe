import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSqliteFeatureStore } from './feature-store.js'
import { openDatabase } from './open-database.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-features-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('the SQLite feature store', () => {
  it('reads tables that other programs made, by their declared types', async () => {
    const path = join(folder, 'foreign.db')
    const database = await openDatabase(path, { readonly: false })
    database.exec(`CREATE TABLE cards (key INTEGER PRIMARY KEY, age INTEGER, active BOOLEAN, tags JSON, score REAL, note TEXT)`)
    database.exec(`INSERT INTO cards VALUES (7, 41, 1, '["a",1]', 2.0, '12'), (8, NULL, 0, NULL, NULL, NULL)`)
    database.close()
    const store = await openSqliteFeatureStore({ path, readonly: true })
    const features = ['age', 'active', 'tags', 'score', 'note']
    expect(await store.get('cards', ['7', '8', '9'], features, {})).toEqual([
      { age: 41, active: true, tags: ['a', 1], score: 2, note: '12' },
      { active: false },
      null,
    ])
    await store.close()
  })

  it('sees columns and rows that another connection adds while it is open', async () => {
    const path = join(folder, 'shared.db')
    const writer = await openSqliteFeatureStore({ path })
    await writer.put('cards', 'a', { age: 1 })
    const reader = await openSqliteFeatureStore({ path, readonly: true })
    expect(await reader.get('cards', ['a'], ['age', 'limit'], {})).toEqual([{ age: 1 }])
    await writer.put('cards', 'a', { limit: 2 })
    await writer.put('cards', 'b', { limit: 3 })
    expect(await reader.get('cards', ['a', 'b'], ['age', 'limit'], {})).toEqual([{ age: 1, limit: 2 }, { limit: 3 }])
    await reader.close()
    await writer.close()
  })

  it('keeps what was put after it is closed', async () => {
    const path = join(folder, 'kept.db')
    const store = await openSqliteFeatureStore({ path })
    await store.put('cards', 'a', { age: 1 })
    await store.close()
    const again = await openSqliteFeatureStore({ path })
    expect(await again.get('cards', ['a'], ['age'], {})).toEqual([{ age: 1 }])
    await again.close()
  })

  it('refuses a name that differs from a stored one only in case', async () => {
    const store = await openSqliteFeatureStore({ path: ':memory:' })
    await store.put('cards', 'a', { age: 1 })
    await expect(store.put('Cards', 'a', { age: 1 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    await expect(store.put('cards', 'a', { AGE: 2 })).rejects.toMatchObject({ code: 'GATHER_FAILED' })
    expect(await store.get('cards', ['a'], ['AGE', 'age'], {})).toEqual([{ age: 1 }])
    await store.close()
  })

  it('says which file cannot be opened', async () => {
    const path = join(folder, 'missing', 'x.db')
    await expect(openSqliteFeatureStore({ path, readonly: true })).rejects.toMatchObject({ code: 'FILE_UNKNOWN' })
  })

  it('fails with a named error when the file is no database', async () => {
    const path = join(folder, 'text.db')
    const { writeFile } = await import('node:fs/promises')
    await writeFile(path, 'this is no database, only a long enough text '.repeat(100))
    await expect(openSqliteFeatureStore({ path, readonly: true }).then((store) => store.get('a', ['a'], ['b'], {}))).rejects.toMatchObject({
      code: expect.stringMatching(/^(FILE_UNKNOWN|GATHER_FAILED)$/) as string,
    })
  })
})
