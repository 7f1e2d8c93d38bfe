import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from './open-database.js'
import { createSqliteQuery } from './query.js'

let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-query-'))
  path = join(folder, 'shop 100%.db')
  const database = await openDatabase(path, { readonly: false })
  database.exec(`
    CREATE TABLE orders (id INTEGER PRIMARY KEY, amount REAL, note TEXT, paid BOOLEAN, raw BLOB);
    INSERT INTO orders VALUES (9007199254740993, 0.1, 'naïve "x"' || char(10), 1, NULL), (2, 3.0, NULL, 0, x'00ff'), (3, 9e999, '', NULL, NULL);
  `)
  database.close()
})
afterAll(() => rm(folder, { recursive: true }))

function spool(query: string, from: string = path): Promise<{ readonly rows: number; readonly format: string }> {
  return createSqliteQuery({ path: from }).spool(query, join(folder, 'spool.jsonl'), {})
}

describe('a query of a SQLite file', () => {
  it('writes each row as JSON, in order, with all digits', async () => {
    expect(await spool('SELECT id, amount, note, paid FROM orders ORDER BY id DESC;')).toEqual({ rows: 3, format: 'jsonl' })
    expect((await readFile(join(folder, 'spool.jsonl'), 'utf8')).split('\n')).toEqual([
      '{"id":9007199254740993,"amount":0.1,"note":"naïve \\"x\\"\\n","paid":true}',
      '{"id":3,"amount":Infinity,"note":"","paid":null}',
      '{"id":2,"amount":3,"note":null,"paid":false}',
      '',
    ])
  })

  it('writes many rows, and tells how far it is', async () => {
    const query = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i, i * 0.5 AS half FROM n -- all'
    const told: number[] = []
    const target = join(folder, 'many.jsonl')
    expect(await createSqliteQuery({ path }).spool(query, target, { progress: (rows) => told.push(rows) })).toMatchObject({ rows: 50_000 })
    expect(told.length).toBeGreaterThan(2)
    expect(told.at(-1)).toBe(50_000)
    expect((await readFile(target, 'utf8')).trimEnd().split('\n').at(-1)).toBe('{"i":50000,"half":25000}')
  })

  it('writes an empty file when there are no rows', async () => {
    expect(await spool('VALUES (1) EXCEPT VALUES (1)')).toMatchObject({ rows: 0 })
  })

  it.each([
    'DELETE FROM orders',
    'SELECT 1; DELETE FROM orders',
    'PRAGMA user_version = 3',
    'SELECT * FROM nowhere',
    '',
    'SELECT 1) UNION (SELECT 2',
  ])('refuses %j', async (query) => {
    await expect(spool(query)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    expect(existsSync(join(folder, 'spool.jsonl'))).toBe(false)
  })

  it('names a column that holds blobs, and one that is there twice', async () => {
    const blob = expect.stringContaining('`raw`') as string
    await expect(spool('SELECT id, raw FROM orders')).rejects.toMatchObject({ code: 'SOURCE_SCHEMA', message: blob })
    const twin = expect.stringContaining('`id`') as string
    await expect(spool('SELECT id, id FROM orders')).rejects.toMatchObject({ code: 'SOURCE_SCHEMA', message: twin })
  })

  it('refuses a file that is not there, and makes none; and one that is not SQLite', async () => {
    await expect(spool('SELECT 1', join(folder, 'none.db'))).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    expect(existsSync(join(folder, 'none.db'))).toBe(false)
    await writeFile(join(folder, 'text.db'), 'id,score\n'.repeat(1000))
    await expect(spool('SELECT * FROM orders', join(folder, 'text.db'))).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })

  it('stops when it is interrupted', async () => {
    const query = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'
    const stop = new AbortController()
    const spooling = createSqliteQuery({ path }).spool(query, join(folder, 'endless.jsonl'), {
      signal: stop.signal,
      progress: () => stop.abort(),
    })
    await expect(spooling).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(existsSync(join(folder, 'endless.jsonl'))).toBe(false)
  })
})
