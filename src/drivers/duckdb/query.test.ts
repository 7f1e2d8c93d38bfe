import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { duckdb } from '../../../test/support/parquet.js'
import { inspectParquet } from './inspect-parquet.js'
import { createDuckdbQuery } from './query.js'

let folder: string
let database: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-duckdb-'))
  database = join(folder, 'shop.duckdb')
  const instance = await DuckDBInstance.create(database)
  const connection = await instance.connect()
  await connection.run('CREATE TABLE cards AS SELECT range AS id, range * 1.5 AS amount FROM range(5000)')
  connection.closeSync()
  instance.closeSync()
})
afterAll(() => rm(folder, { recursive: true }))

const out = (): string => join(folder, 'query.parquet')

it('spools the rows of a query in their order, and leaves the database alone', async () => {
  const source = createDuckdbQuery({ path: database })
  const seen: number[] = []
  const query = 'SELECT id, amount FROM cards WHERE id < 3000 ORDER BY id DESC; -- the cheap ones'
  const spooled = await source.spool(query, out(), { progress: (rows) => seen.push(rows) })
  await source.close()
  expect(spooled).toEqual({ rows: 3000, format: 'parquet' })
  expect(seen.at(-1)).toBe(3000)
  expect(await duckdb(`SELECT id FROM '${out()}' LIMIT 2`)).toEqual([{ id: '2999' }, { id: '2998' }])
  expect(await inspectParquet({ name: 'query', path: out() })).toEqual({
    rows: 3000,
    rowGroups: [3000],
    columns: [
      { name: 'id', type: 'integer', sourceType: 'BIGINT' },
      { name: 'amount', type: 'number', sourceType: expect.stringContaining('DECIMAL') as string },
    ],
  })
})

it('takes WITH, FROM and VALUES, and refuses what is no single query', async () => {
  const source = createDuckdbQuery({ path: ':memory:' })
  for (const query of ['WITH a AS (SELECT 1 AS x) SELECT * FROM a', 'FROM range(1) t(x)', 'VALUES (1)']) {
    expect(await source.spool(query, out(), {})).toMatchObject({ rows: 1 })
  }
  for (const query of [
    '',
    'CREATE TABLE x (a INTEGER)',
    'SELECT 1; SELECT 2',
    `COPY (SELECT 1) TO '${join(folder, 'x')}'`,
    `SELECT 1) TO '${join(folder, 'x')}' (FORMAT csv); --`,
    `ATTACH '${join(folder, 'x')}'`,
    'SET threads = 4',
    'EXPLAIN SELECT 1',
  ]) {
    await expect(source.spool(query, out(), {})).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  }
  expect(existsSync(join(folder, 'x'))).toBe(false)
  await source.close()
})

it('a query that fails says why in one line, and leaves no file', async () => {
  const source = createDuckdbQuery({ path: database })
  const failure = (await source.spool('SELECT amuont FROM cards', out(), {}).catch((thrown: unknown) => thrown)) as Error
  expect(failure).toMatchObject({ code: 'SOURCE_INVALID', message: expect.stringContaining('"amuont" not found') as string })
  expect(failure.message).not.toContain('\n')
  await expect(source.spool("SELECT error('stop at ' || id) FROM cards", out(), {})).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  expect(existsSync(out())).toBe(false)
  await source.close()
})

it('a file that is no database says so', async () => {
  const path = join(folder, 'text.duckdb')
  await writeFile(path, 'this is no database '.repeat(1000))
  const source = createDuckdbQuery({ path })
  await expect(source.spool('SELECT 1', out(), {})).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  await source.close()
})

it('a query that is given up ends at once', async () => {
  const source = createDuckdbQuery({ path: ':memory:' })
  const controller = new AbortController()
  const endless = source.spool('SELECT count(*) FROM range(100000000000) a, range(1000000) b', out(), { signal: controller.signal })
  setImmediate(() => controller.abort())
  await expect(endless).rejects.toMatchObject({ code: 'CANCELLED' })
  await source.close()
})
