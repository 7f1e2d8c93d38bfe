import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { boolean, category, integer, number, tensor, text, timestamp } from '../../core/fields.js'
import { frameToRows } from '../../core/frame-rows.js'
import type { Fields, SchemaField } from '../../core/field.js'
import type { ReadPlan } from '../../core/table.js'
import { duckdb, parquetFile, readChunks, readPlan, writeParquet } from '../../../test/support/parquet.js'
import { createParquetPlanner, createParquetReader } from './parquet-reader.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-parquet-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
const fresh = (): string => join(folder, `f${files++}.parquet`)

/** Rows and issues that the query's rows become. */
async function read(query: string, fields: Fields, rest: Partial<ReadPlan> = {}): Promise<{ rows: unknown[]; issues: string[] }> {
  const reader = createParquetReader(await writeParquet(fresh(), query))
  try {
    const chunks = await readChunks(reader, readPlan(fields, rest), ({ input }) => ({
      rows: frameToRows(input.frame),
      issues: input.issues.map(({ row, code, message }) => `${row} ${code} ${message}`),
    }))
    return { rows: chunks.flatMap(({ rows }) => rows), issues: chunks.flatMap(({ issues }) => issues) }
  } finally {
    await reader.close()
  }
}

const schema = (type: z.ZodType): SchemaField => ({ kind: 'schema', dtype: 'object', optional: false, schema: type })

describe('values', () => {
  it('numbers come from every numeric type, each the nearest double; NaN and infinities are kept', async () => {
    const types = ['TINYINT', 'USMALLINT', 'BIGINT', 'UBIGINT', 'HUGEINT', 'FLOAT', 'DOUBLE', 'DECIMAL(4,1)', 'DECIMAL(38,1)']
    const columns = types.map((type, i) => `CAST(7 AS ${type}) AS c${i}`).join(', ')
    const fields = Object.fromEntries(types.map((_, i) => [`c${i}`, number()]))
    expect((await read(`SELECT ${columns}`, fields)).rows).toEqual([Object.fromEntries(types.map((_, i) => [`c${i}`, 7]))])
    const query = `SELECT 0.1::FLOAT AS f, 'NaN'::DOUBLE AS n, '-Infinity'::FLOAT AS i, 9007199254740993::BIGINT AS l, 12345678901234567.89::DECIMAL(19,2) AS d`
    const fractions = { f: number(), n: number(), i: number(), l: number(), d: number() }
    expect((await read(query, fractions)).rows).toEqual([
      { f: Math.fround(0.1), n: Number.NaN, i: -Infinity, l: 9_007_199_254_740_992, d: Number('12345678901234567.89') },
    ])
  })

  it('a null in a required field is missing, in an optional or gathered one absent', async () => {
    const query = `SELECT CASE WHEN range % 2 = 0 THEN range::DOUBLE END AS a, NULL::INTEGER AS b, NULL::VARCHAR AS c FROM range(3)`
    const fields = { a: number(), b: integer({ optional: true }), c: text({ onFail: 'fallback' }) }
    const policy = { unknownFields: 'ignore', defaultAction: 'reject', gatherable: new Set(['c']) } as const
    expect(await read(query, fields, { policy })).toEqual({
      rows: [
        { a: 0, b: null, c: null },
        { a: null, b: null, c: null },
        { a: 2, b: null, c: null },
      ],
      issues: ['1 INPUT_MISSING `a` is required'],
    })
  })

  it('every integer width is read into every storage, and what does not fit is refused with its value', async () => {
    const query = `SELECT * FROM (VALUES (1, 300), (-1, 9007199254740993), (127, NULL), (0, -9223372036854775808)) t(s, l)`
    const typed = `SELECT s::TINYINT AS s, s::SMALLINT AS s16, l::BIGINT AS l, l::BIGINT AS l8, s::INTEGER AS u FROM (${query})`
    const fields = {
      s: integer(),
      s16: integer({ dtype: 'int32' }),
      l: integer(),
      l8: integer({ dtype: 'uint8' }),
      u: integer({ dtype: 'uint64' }),
    }
    const { rows, issues } = await read(typed, fields)
    expect(issues).toEqual([
      '0 INPUT_RANGE expected uint8 for `l8`, received 300',
      '1 INPUT_RANGE expected uint8 for `l8`, received 9007199254740993',
      '1 INPUT_RANGE expected uint64 for `u`, received -1',
      '2 INPUT_MISSING `l` is required',
      '2 INPUT_MISSING `l8` is required',
      '3 INPUT_RANGE expected uint8 for `l8`, received -9223372036854775808',
    ])
    expect(rows).toMatchObject([{ s: 1, s16: 1 }, { l: 9_007_199_254_740_993n }, { s: 127, s16: 127, l: null }, { l: -(2n ** 63n), u: 0 }])
  })

  it('whole floats and decimals are integers, others are not', async () => {
    const query = `SELECT * FROM (VALUES (3.0::DOUBLE, 4::DECIMAL(20,0), 5::HUGEINT), (1.5, -1, 170141183460469231731687303715884105727)) t(f, d, h)`
    expect(await read(query, { f: integer(), d: integer({ dtype: 'uint8' }), h: integer() })).toEqual({
      rows: [
        { f: 3, d: 4, h: 5 },
        { f: null, d: null, h: null },
      ],
      issues: [
        '1 INPUT_TYPE expected a whole number for `f`, received a number that is not whole',
        '1 INPUT_RANGE expected uint8 for `d`, received -1',
        '1 INPUT_RANGE expected int64 for `h`, received a larger number',
      ],
    })
  })

  it('texts of every length, script and encoding of the file are the same texts', async () => {
    const texts = `SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE repeat(chr(CAST(97 + i % 26 AS INTEGER)), i % 41) || CASE i % 3 WHEN 0 THEN 'ß漢😀' ELSE '' END END AS t
      FROM range(6000) r(i)`
    const expected = (await duckdb(texts)).map((row) => row['t'])
    for (const dictionary of ['', ', DICTIONARY_SIZE_LIMIT 1']) {
      const reader = createParquetReader(await writeParquet(fresh(), `SELECT * FROM (${texts}) ORDER BY i`, dictionary))
      const read = await readChunks(reader, readPlan({ t: text({ optional: true }) }), ({ input }) => frameToRows(input.frame))
      expect(read.flat().map((row) => row['t'])).toEqual(expected)
      await reader.close()
    }
  })

  it('categories come from texts and enums; a NUL is an issue of its row', async () => {
    const query = `SELECT 'a'::ENUM('a', 'b') AS e, 'x' || chr(0) AS n UNION ALL SELECT 'b', 'y'`
    expect(await read(query, { e: category(['a']), n: text() })).toEqual({
      rows: [
        { e: 'a', n: null },
        { e: 'b', n: 'y' },
      ],
      issues: ['0 INPUT_PATTERN `n`: expected a text without the character NUL (U+0000)'],
    })
  })

  it('booleans are booleans', async () => {
    const query = `SELECT CASE WHEN i < 4 THEN i % 2 = 0 END AS b FROM range(5) r(i)`
    expect((await read(query, { b: boolean({ optional: true }) })).rows.map((row) => (row as { b: unknown }).b)).toEqual([
      true,
      false,
      true,
      false,
      null,
    ])
  })

  it('dates and timestamps of every unit are epoch milliseconds with the bits that the same time as text has', async () => {
    const at = '2024-03-01 12:34:56.123456'
    const query = `SELECT TIMESTAMP '${at}' AS us, TIMESTAMPTZ '${at}+00' AS tz, TIMESTAMP_NS '${at}789' AS ns, TIMESTAMP_MS '${at}' AS ms,
      DATE '1969-12-31' AS d, '2024-03-01T13:34:56.123456+01:00' AS iso, 1700000000000 AS n, TIMESTAMP '1969-12-31 23:59:59.000057' AS old`
    const names = ['us', 'tz', 'ns', 'ms', 'd', 'iso', 'n', 'old']
    const { rows } = await read(query, Object.fromEntries(names.map((name) => [name, timestamp()])))
    const ms = Date.UTC(2024, 2, 1, 12, 34, 56)
    const us = ms + 0.123456 * 1000
    const old = -1000 + 0.000057 * 1000
    expect(rows).toEqual([{ us, tz: us, ns: ms + 0.123456789 * 1000, ms: ms + 123, d: -86_400_000, iso: us, n: 1_700_000_000_000, old }])
    const { issues } = await read(`SELECT 'infinity'::TIMESTAMP AS t, 'noon' AS s`, { t: timestamp(), s: timestamp() })
    expect(issues.map((issue) => issue.slice(0, 13))).toEqual(['0 INPUT_RANGE', '0 INPUT_TYPE '])
  })

  it('lists are tensors: nested or flat, of any numeric type, with NaN for a null', async () => {
    const query = `SELECT [1, 2]::FLOAT[] AS a, [[1, 2], [3, 4]]::DOUBLE[][] AS b, [1, NULL]::INTEGER[] AS c, ['x', 'y'] AS s, [true, false] AS t, 5::BIGINT AS z
      UNION ALL SELECT [1], [[1, 1e300], [3, 4]], [3, 4], ['x', NULL], [true, NULL], NULL`
    const fields = {
      a: tensor({ dtype: 'float32', shape: [2] }),
      b: tensor({ dtype: 'float32', shape: [2, 2] }),
      c: tensor({ dtype: 'float16', shape: [2] }),
      s: tensor({ dtype: 'string', shape: [2] }),
      t: tensor({ dtype: 'bool', shape: [2] }),
      z: tensor({ dtype: 'int64', shape: [] }),
    }
    const { rows, issues } = await read(query, fields)
    expect(rows[0]).toMatchObject({ a: Float32Array.of(1, 2), b: Float32Array.of(1, 2, 3, 4), s: ['x', 'y'], t: Uint8Array.of(1, 0) })
    expect(issues.map((issue) => issue.slice(0, 14))).toEqual([
      '1 INPUT_SHAPE ',
      '1 INPUT_RANGE ',
      '1 INPUT_TYPE `',
      '1 INPUT_TYPE `',
      '1 INPUT_MISSIN',
    ])
  })

  it('a Standard Schema sees what JSON would show it', async () => {
    const query = `SELECT {'a': 1, 'b': [0.5, NULL]} AS s, 7::BIGINT AS n, TIMESTAMP '2024-01-01' AS t, NULL::INTEGER AS d
      UNION ALL SELECT NULL, 8, TIMESTAMP '2024-01-01', 3`
    const fields = {
      s: schema(z.object({ a: z.number(), b: z.array(z.number().nullable()) })),
      n: schema(z.number().max(7)),
      t: schema(z.iso.datetime()),
      d: schema(z.number().default(9)),
    }
    const { rows, issues } = await read(query, fields)
    expect(rows[0]).toEqual({ s: { a: 1, b: [0.5, null] }, n: 7, t: '2024-01-01T00:00:00.000000Z', d: 9 })
    expect(issues.map((issue) => issue.slice(0, 15))).toEqual(['1 INPUT_MISSING', '1 INPUT_SCHEMA '])
  })
})

describe('chunks', () => {
  const rows = `SELECT i AS id, i * 0.5 AS x, 'row ' || i AS note, CASE WHEN i % 10 = 3 THEN NULL ELSE i::INTEGER END AS gap FROM range(10000) r(i)`

  it.each([
    [2048, 5000, [4096, 8192, 10_000]],
    [2048, 100_000, [10_000]],
    [10_240, 2000, [2000, 4000, 6000, 8000, 10_000]],
    [10_240, 2500, [10_000]],
  ])('row groups of %i rows are cut for a target of %i at %j', async (group, target, ends) => {
    const file = await writeParquet(fresh(), rows, `, ROW_GROUP_SIZE ${group}`)
    const found: number[] = []
    for await (const { end } of createParquetPlanner().partitions(file, 0, 0, target)) found.push(end)
    expect(found).toEqual(ends)
  })

  it('partitions join to the whole file, in chunks of at most the rows of the plan', async () => {
    const file = await writeParquet(fresh(), rows, ', ROW_GROUP_SIZE 2048')
    const reader = createParquetReader(file)
    const partitions = []
    for await (const partition of createParquetPlanner().partitions(file, 2, 5, 3000)) partitions.push(partition)
    // Between row groups: two of them are more than is wanted.
    expect(partitions).toEqual(
      [0, 1, 2, 3, 4].map((i) => ({ index: 5 + i, file: 2, start: i * 2048, end: Math.min(10_000, (i + 1) * 2048) })),
    )
    const plan = readPlan({ x: number() }, { carry: ['id', 'note', 'gap'], chunkRows: 1000 })
    let expected = 0
    for (const partition of partitions) {
      let first = 0
      for await (const { input, carry, firstRow, broken, rowNumbers } of reader.read(partition, plan)) {
        expect({ firstRow, broken, rowNumbers }).toEqual({ firstRow: first, broken: [], rowNumbers: null })
        expect(input.frame.length).toBeLessThanOrEqual(1000)
        first += input.frame.length
        const { id, note, gap } = carry
        for (let i = 0; i < input.frame.length; i++, expected++) {
          expect([id!.data[i], note!.data[i], gap!.validity![i], input.frame.columns['x']!.data[i]]).toEqual([
            BigInt(expected),
            `row ${expected}`,
            expected % 10 === 3 ? 0 : 1,
            expected * 0.5,
          ])
        }
      }
      expect(first).toBe(partition.end - partition.start)
    }
    expect(expected).toBe(10_000)
    await reader.close()
  })

  it('columns are named with their types, and carried as such', async () => {
    const query = `SELECT 1::TINYINT AS i, 1.5::FLOAT AS f, 12.3::DECIMAL(38,2) AS d, 7::DECIMAL(18,0) AS whole, 123456789012345678901234::DECIMAL(38,0) AS id, true AS b, 'x' AS t, DATE '2024-01-01' AS day, [1] AS l, {'a': 1} AS s`
    const reader = createParquetReader(await writeParquet(fresh(), query))
    const columns = (await reader.columns())!
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'i integer',
      'f number',
      'd number',
      'whole integer',
      'id json',
      'b boolean',
      't text',
      'day timestamp',
      'l json',
      's json',
    ])
    const carry = columns.map(({ name }) => name)
    const [values] = await readChunks(reader, readPlan({}, { carry, types: { i: 'text' } }), (chunk) =>
      Object.values(chunk.carry).map(({ dtype, data }) => [dtype, data[0]]),
    )
    expect(values).toEqual([
      ['string', '1'],
      ['float32', 1.5],
      ['float64', 12.3],
      ['int64', 7n],
      ['string', '123456789012345678901234'],
      ['bool', 1],
      ['string', 'x'],
      ['float64', Date.UTC(2024, 0, 1)],
      ['string', '[1]'],
      ['string', '{"a":1}'],
    ])
    await reader.close()
  })

  it('a row can be had as it stands, in values that JSON can write', async () => {
    const query = `SELECT 300::BIGINT AS small, 9007199254740993 AS big, 'NaN'::DOUBLE AS x, TIMESTAMP '2024-01-01' AS t, [1.5, NULL] AS l, {'a': [2]} AS s, NULL::INTEGER AS n`
    const reader = createParquetReader(await writeParquet(fresh(), query))
    const fields = { input: integer({ dtype: 'uint8' }), x: number(), l: tensor({ dtype: 'float32', shape: [2] }) }
    const plan = readPlan(fields, { columnOf: { input: 'small' }, carry: ['big', 't', 's', 'n'] })
    const [record] = await readChunks(reader, plan, (chunk) => JSON.stringify(chunk.record(0)))
    expect(JSON.parse(record!)).toEqual({
      small: 300,
      big: '9007199254740993',
      x: 'NaN',
      t: '2024-01-01T00:00:00.000Z',
      l: [1.5, null],
      s: { a: [2] },
      n: null,
    })
    await reader.close()
  })

  it('reading stops when it is given up', async () => {
    const reader = createParquetReader(await writeParquet(fresh(), rows))
    const controller = new AbortController()
    const reading = (async () => {
      const plan = readPlan({ x: number() }, { chunkRows: 100 })
      for await (const _ of reader.read({ index: 0, file: 0, start: 0, end: 10_000 }, plan, { signal: controller.signal }))
        controller.abort()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
    for await (const { firstRow } of reader.read({ index: 0, file: 0, start: 0, end: 10_000 }, readPlan({ x: number() }))) {
      expect(firstRow).toBe(0)
      break
    }
    await reader.close()
  })

  it('an empty file has no partition, and its columns', async () => {
    const file = await writeParquet(fresh(), `SELECT 1 AS a LIMIT 0`)
    for await (const partition of createParquetPlanner().partitions(file, 0, 0, 10)) expect(partition).toBeUndefined()
    const reader = createParquetReader(file)
    expect(await reader.columns()).toEqual([{ name: 'a', type: 'integer' }])
    await reader.close()
  })
})

describe('faults', () => {
  const failing = (query: string, fields: Fields, rest: Partial<ReadPlan> = {}): Promise<unknown> =>
    read(query, fields, rest).catch((thrown: unknown) => thrown)

  it('a column of the wrong type names column, types and the way out', async () => {
    expect(await failing(`SELECT '1' AS amount`, { amount: number() })).toMatchObject({
      code: 'SOURCE_SCHEMA',
      message: expect.stringMatching(
        /^column `amount` of f\d+\.parquet is VARCHAR, and input `amount` wants a number\. Cast it in a query: .*CAST\("amount" AS DOUBLE\)/,
      ) as string,
    })
    for (const [type, field] of [
      ['DOUBLE', text()],
      ['INTEGER', boolean()],
      ['BOOLEAN', number()],
      ['BLOB', text()],
      ['VARCHAR', integer()],
      ['INTEGER', tensor({ dtype: 'int32', shape: [1] })],
      ['VARCHAR[]', tensor({ dtype: 'int32', shape: [1] })],
      ['BOOLEAN', timestamp()],
    ] as const) {
      expect(await failing(`SELECT NULL::${type} AS c`, { c: field })).toMatchObject({ code: 'SOURCE_SCHEMA' })
    }
  })

  it('an absent column names those there are, those alike, and --map', async () => {
    expect(await failing(`SELECT 1 AS "Card_Age", 2 AS other`, { cardAge: number() })).toMatchObject({
      code: 'SOURCE_SCHEMA',
      message: expect.stringMatching(
        /has no column `cardAge`; it has `Card_Age`, `other`\. Did you mean `Card_Age`\? Give the input another column with --map cardAge=/,
      ) as string,
    })
    expect(await failing(`SELECT 1 AS x`, { x: number() }, { carry: ['key'] })).toMatchObject({ code: 'SOURCE_SCHEMA' })
    expect(await read(`SELECT 1 AS x`, { x: number(), y: number({ optional: true }) })).toEqual({ rows: [{ x: 1, y: null }], issues: [] })
    const mapped = { columnOf: { y: 'z' } }
    expect(await failing(`SELECT 1 AS x`, { y: number({ optional: true }) }, mapped)).toMatchObject({ code: 'SOURCE_SCHEMA' })
  })

  it('damaged, cut off and other files say which file and why, in one line', async () => {
    const whole = await writeParquet(fresh(), `SELECT range AS a, random() AS b FROM range(50000)`)
    const bytes = await readFile(whole.path)
    const middle = Buffer.from(bytes)
    middle.fill(0xff, 4, bytes.length - 2000)
    const cases: [string, Uint8Array][] = [
      ['cut.parquet', bytes.subarray(0, bytes.length / 2)],
      ['text.parquet', Buffer.from('a,b\n1,2\n')],
      ['empty.parquet', new Uint8Array()],
      ['damaged.parquet', middle],
    ]
    for (const [name, content] of cases) {
      const path = join(folder, name)
      await writeFile(path, content)
      const reader = createParquetReader(parquetFile(path))
      const thrown = (await readChunks(reader, readPlan({ a: integer(), b: number() }), () => 0).catch((error: unknown) => error)) as Error
      expect(thrown).toMatchObject({ code: 'SOURCE_INVALID' })
      expect(thrown.message).toContain(name)
      expect(thrown.message).not.toMatch(new RegExp(`\n|${folder}`))
      await reader.close()
    }
  })

  it('characters of patterns in a path mean themselves, and nothing comes from the network', async () => {
    const file = await writeParquet(fresh(), 'SELECT 1 AS x')
    const odd = join(folder, `it's [a]*?.parquet`)
    await copyFile(file.path, odd)
    const reader = createParquetReader(parquetFile(odd))
    expect(await reader.columns()).toEqual([{ name: 'x', type: 'integer' }])
    await reader.close()
    await expect(duckdb(`SELECT * FROM 'https://127.0.0.1:1/x.parquet'`)).rejects.toThrow(/httpfs|disabled/)
    await expect(duckdb('SET autoload_known_extensions = true')).rejects.toThrow(/locked/)
  })
})
