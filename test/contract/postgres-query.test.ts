import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresQuery } from '../../src/drivers/postgres/query.js'
import { missingPostgres, openPostgres, type TestPostgres } from '../support/postgres.js'

const absent = missingPostgres()

describe.skipIf(absent !== null)(`queries of Postgres ${absent ?? ''}`, () => {
  let server: TestPostgres
  let folder: string
  let url: string
  let files = 0
  beforeAll(async () => {
    server = await openPostgres()
    url = await server.database()
    folder = await mkdtemp(join(tmpdir(), 'slipway-query-'))
  })
  afterAll(async () => {
    await server?.remove()
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  const next = (): string => join(folder, `${files++}.jsonl`)

  async function spool(query: string, options: Parameters<ReturnType<typeof createPostgresQuery>['spool']>[2] = {}): Promise<string> {
    const source = createPostgresQuery({ url })
    const path = next()
    try {
      const { rows, format } = await source.spool(query, path, options)
      expect(format).toBe('jsonl')
      const text = await readFile(path, 'utf8')
      expect(text.split('\n')).toHaveLength(rows + 1)
      return text
    } finally {
      await source.close()
    }
  }

  it.each([
    ['whole numbers, with all their digits', `9223372036854775807::int8 AS a, -1::int2 AS b`, '{"a":9223372036854775807,"b":-1}'],
    [
      'numerics, exactly',
      `123456789012345678901234567890.10::numeric AS a, 'NaN'::numeric AS b`,
      '{"a":123456789012345678901234567890.10,"b":NaN}',
    ],
    ['floats, the shortest that read back', `0.1::float8 AS a, 0.1::float4 AS b, 1e300::float8 AS c`, '{"a":0.1,"b":0.1,"c":1e+300}'],
    ['NaN and infinities', `'NaN'::float8 AS a, '-Infinity'::float4 AS b, 'Infinity'::float8 AS c`, '{"a":NaN,"b":-Infinity,"c":Infinity}'],
    ['texts of any kind', `E'a"b\\\\\\n\\u00fc' AS a, 'x'::varchar AS b, NULL::text AS c`, '{"a":"a\\"b\\\\\\nü","b":"x","c":null}'],
    ['booleans', `true AS a, false AS b`, '{"a":true,"b":false}'],
    [
      'times with their zone',
      `'2024-05-01 12:00:00.5+02'::timestamptz AS a, '2024-05-01 12:00:00'::timestamp AS b, '2024-05-01'::date AS c`,
      '{"a":"2024-05-01T10:00:00.5Z","b":"2024-05-01T12:00:00Z","c":"2024-05-01"}',
    ],
    ['JSON as it is, on one line', `E'{"a":\\n [1.50]}'::json AS a, '{"b": null}'::jsonb AS b`, '{"a":{"a":  [1.50]},"b":{"b": null}}'],
    [
      'arrays',
      `'{1,NULL,3}'::int[] AS a, ARRAY['a "b"', 'c,d', NULL, 'NULL', ''] AS b, '{{1.5},{NaN}}'::float8[] AS c, '{}'::text[] AS d, '[2:3]={t,f}'::bool[] AS e`,
      '{"a":[1,null,3],"b":["a \\"b\\"","c,d",null,"NULL",""],"c":[[1.5],[NaN]],"d":[],"e":[true,false]}',
    ],
    [
      'other types as texts',
      `'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'::uuid AS a, '1 day'::interval AS b`,
      '{"a":"f81d4fae-7dec-11d0-a765-00a0c91e6bf6","b":"P1D"}',
    ],
  ])('writes %s', async (_, columns, line) => {
    // The collapsed line end and the space behind it both stay.
    expect(await spool(`SELECT ${columns};\n`)).toBe(`${line}\n`)
  })

  it('writes many rows, in order, and tells how far it is', async () => {
    const told: number[] = []
    const text = await spool(`SELECT i, repeat('x', 50) AS pad FROM generate_series(1, 30000) AS i ORDER BY i -- all of them`, {
      progress: (rows) => told.push(rows),
    })
    const rows = text.trimEnd().split('\n')
    expect(rows[29_999]).toBe(`{"i":30000,"pad":"${'x'.repeat(50)}"}`)
    expect(told.at(-1)).toBe(30_000)
    expect(told).toEqual(told.toSorted((one, other) => one - other))
  })

  it('writes an empty file for no rows', async () => {
    expect(await spool('SELECT 1 AS a WHERE false')).toBe('')
  })

  it.each([
    ['a bytea, by its name', `SELECT 1 AS a, 'x'::bytea AS photo`, 'SOURCE_SCHEMA', /`photo` is bytea/],
    ['two columns of one name', `SELECT 1 AS a, 2 AS a`, 'SOURCE_SCHEMA', /two columns `a`/],
    ['what is no query', `SELEC 1`, 'SOURCE_INVALID', /syntax error/],
    ['a query that fails on its way', `SELECT 1 / (i - 500) FROM generate_series(1, 1000) AS i`, 'SOURCE_INVALID', /division by zero/],
    ['several statements', `SELECT 1; SELECT 2`, 'SOURCE_INVALID', /cannot insert multiple commands/],
    ['changes', `WITH x AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM x`, 'SOURCE_INVALID', /data-modifying/],
  ])('refuses %s', async (_, query, code, message) => {
    await expect(spool(query)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })

  it('can be cancelled', async () => {
    const abort = new AbortController()
    const source = createPostgresQuery({ url })
    const path = next()
    const spooling = source.spool('SELECT i, pg_sleep(0.01) FROM generate_series(1, 100000) AS i', path, {
      signal: abort.signal,
      progress: () => abort.abort(),
    })
    await expect(spooling).rejects.toMatchObject({ code: 'CANCELLED' })
    await source.close()
  })

  it('says that no database answers, without the password', async () => {
    const source = createPostgresQuery({ url: 'postgres://ann:top-secret@127.0.0.1:1/shop' })
    const path = next()
    const error: unknown = await source.spool('SELECT 1', path, {}).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'SOURCE_INVALID', message: expect.stringContaining('ECONNREFUSED') as string })
    expect(String(error)).not.toContain('top-secret')
    expect(existsSync(path)).toBe(false)
    await source.close()
    const unreadable: unknown = await createPostgresQuery({ url: 'postgres://ann:top-secret@[' })
      .spool('SELECT 1', path, {})
      .catch((thrown: unknown) => thrown)
    expect(unreadable).toMatchObject({ code: 'CONFIG_INVALID' })
    expect(String(unreadable)).not.toContain('top-secret')
  })
})
