import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Column } from '../../src/core/frame.js'
import type { OutputBatch, OutputColumn, Partition, PartitionRecord, RefusedRow, RepeatedTexts, TableSink } from '../../src/core/table.js'
import { createPostgresTableSink } from '../../src/drivers/postgres/table-sink.js'
import { missingPostgres, openPostgres, type TestPostgres } from '../support/postgres.js'
import { tableSinkContract } from './table-sink.js'

const absent = missingPostgres('own')

describe.skipIf(absent !== null)(`Postgres ${absent ?? ''}`, () => {
  let server: TestPostgres
  beforeAll(async () => {
    server = await openPostgres('own')
  })
  afterAll(() => server?.remove())

  tableSinkContract(
    'into Postgres',
    async () => {
      const url = await server.database()
      return {
        staging: '/nowhere',
        open: async (plan) => createPostgresTableSink({ url, table: 'scores of "x"', plan, overwrite: false }),
        rows: (columns) => tableOf(url, columns),
        remove: async () => undefined,
      }
    },
    { keys: 'checked', nan: 'kept' },
  )
})

async function tableOf(url: string, columns: readonly OutputColumn[]): Promise<readonly Record<string, unknown>[] | null> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const found = await client.query<{ there: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS there`, ['"scores of ""x"""'])
    if (!found.rows[0]!.there) return null
    const { rows } = await client.query<Record<string, unknown>>('SELECT * FROM "scores of ""x"""')
    return rows.map((row) => Object.fromEntries(columns.map((column) => [column.name, plain(row[column.name], column)])))
  } finally {
    await client.end()
  }
}

function plain(value: unknown, { type, dtype }: OutputColumn): unknown {
  if (value === null) return null
  // A real is printed with the digits that tell it from its neighbours.
  if (dtype === 'float32' && type === 'number') return Math.fround(value as number)
  if (type === 'integer') return BigInt(value as string | number)
  return type === 'timestamp' ? (value as Date).getTime() : value
}

describe.skipIf(absent !== null)(`the table sink of Postgres ${absent ?? ''}`, () => {
  let server: TestPostgres
  let url: string
  beforeAll(async () => {
    server = await openPostgres('own')
  })
  afterAll(() => server?.remove())
  beforeEach(async () => {
    url = await server.database()
  })

  const columns: readonly OutputColumn[] = [
    { name: 'id', type: 'text', dtype: 'string', shape: [], key: true },
    { name: 'score', type: 'number', dtype: 'float32', shape: [] },
    { name: '_source', type: 'text', dtype: 'string', shape: [] },
  ]
  const keyless = columns.map((column) => ({ ...column, key: false }))
  const sinkOf = (options: Partial<Parameters<typeof createPostgresTableSink>[0]> = {}, run = 'run-1', of = columns): TableSink =>
    createPostgresTableSink({ url, table: 'scores', plan: { run, columns: of, staging: '/nowhere' }, overwrite: false, ...options })

  async function query(sql: string): Promise<readonly unknown[][]> {
    const client = new Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows
    } finally {
      await client.end()
    }
  }

  it('holds every type to the last bit', async () => {
    const of: readonly (OutputColumn & { readonly column: Column | RepeatedTexts })[] = [
      { name: 'a text', type: 'text', dtype: 'string', shape: [], column: text(['tab\t\\ "quoted"\r\n', '', '\\N']) },
      {
        name: 'big',
        type: 'integer',
        dtype: 'int64',
        shape: [],
        column: column('int64', BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 0n)),
      },
      { name: 'huge', type: 'integer', dtype: 'uint64', shape: [], column: column('uint64', BigUint64Array.of(2n ** 64n - 1n, 0n, 1n)) },
      { name: 'small', type: 'integer', dtype: 'int32', shape: [], column: column('int32', Int32Array.of(-1, 0, 7), [1, 0, 1]) },
      { name: 'f64', type: 'number', dtype: 'float64', shape: [], column: column('float64', Float64Array.of(0.1, -0, Number.NaN)) },
      { name: 'f32', type: 'number', dtype: 'float32', shape: [], column: column('float32', Float32Array.of(0.1, 3.4e38, -Infinity)) },
      { name: 'half', type: 'number', dtype: 'float16', shape: [], column: column('float16', Uint16Array.of(0x3c00, 0x3800, 0)) },
      { name: 'yes', type: 'boolean', dtype: 'bool', shape: [], column: column('bool', Uint8Array.of(1, 0, 1)) },
      {
        name: 'at',
        type: 'timestamp',
        dtype: 'float64',
        shape: [],
        column: column('float64', Float64Array.of(0, 1_700_000_000_123, 0.25)),
      },
      {
        name: 'vector',
        type: 'json',
        dtype: 'float32',
        shape: [2],
        column: column('float32', Float32Array.of(1, 0.5, 2, Number.NaN, 0, 0), null, [2]),
      },
      { name: 'doc', type: 'json', dtype: 'object', shape: [], column: column('object', [{ a: [1, null] }, 'x', null]) },
      { name: '_codes', type: 'text', dtype: 'string', shape: [], column: { values: [null, 'A:b'], indices: Uint8Array.of(0, 1, 0) } },
    ]
    const sink = sinkOf({ table: 'every type' }, 'run-1', of)
    await sink.prepare()
    const { record } = await writeOne(sink, 0, { length: 3, columns: of.map((one) => one.column), rowNumbers: Uint32Array.of(0, 1, 2) })
    expect((await sink.finish([record])).location).toBe('public.every type')
    await sink.close()
    const rows = await query(
      `SELECT "a text", big::text, huge::text, small, f64::text, f32::text, half, yes, to_json(at AT TIME ZONE 'UTC'), vector, doc, _codes FROM "every type"`,
    )
    expect(rows).toEqual([
      [
        'tab\t\\ "quoted"\r\n',
        '9223372036854775807',
        '18446744073709551615',
        -1,
        '0.1',
        '0.1',
        1,
        true,
        '1970-01-01T00:00:00',
        [1, 0.5],
        { a: [1, null] },
        null,
      ],
      ['', '-9223372036854775808', '0', null, '-0', '3.4e+38', 0.5, false, '2023-11-14T22:13:20.123', [2, 'NaN'], 'x', 'A:b'],
      ['\\N', '0', '1', 7, 'NaN', '-Infinity', 0, true, '1970-01-01T00:00:00.00025', [0, 0], null, null],
    ])
  })

  it('refuses rows whose key is null or there already, and texts that no column holds', async () => {
    const sink = sinkOf()
    expect(sink.commits).toBe('in-order')
    await sink.prepare()
    const first = await writeOne(sink, 0, scores(['a', null, 'b', 'a', 'nul\u0000']))
    expect(first.refused.map(({ row, code }) => [row, code])).toEqual([
      [1, 'KEY_MISSING'],
      [3, 'KEY_DUPLICATE'],
      [4, 'ROW_MALFORMED'],
    ])
    const second = await writeOne(sink, 1, scores(['c', 'b']))
    expect(second.refused.map(({ row, code }) => [row, code])).toEqual([[1, 'KEY_DUPLICATE']])
    expect(await sink.committed()).toEqual([first.record, second.record])
    expect(await sink.finish(await sink.committed())).toMatchObject({ location: 'public.scores', rows: 3 })
    await sink.close()
    expect(await query('SELECT id, score::float8 FROM scores ORDER BY id')).toEqual([
      ['a', 0],
      ['b', 2],
      ['c', 0],
    ])
  })

  it('shows nothing before it is finished, and finishes the same when called again', async () => {
    const sink = sinkOf({}, 'run-1', keyless)
    expect(sink.commits).toBe('any-order')
    await sink.prepare()
    await writeOne(sink, 1, scores(['a', 'a']))
    await writeOne(sink, 0, scores(['b']))
    expect(await query(`SELECT to_regclass('scores')`)).toEqual([[null]])
    const finished = await sink.finish(await sink.committed())
    await sink.close()
    const again = sinkOf({}, 'run-1', keyless)
    await again.prepare()
    expect(await again.finish(await again.committed())).toEqual(finished)
    await again.close()
    expect(await query('SELECT count(*)::int FROM scores')).toEqual([[3]])
  })

  it('replaces what an earlier run wrote, and a table of others only when told to', async () => {
    await query('CREATE TABLE scores (id text)')
    await expect(sinkOf().prepare()).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
    for (const [run, overwrite] of [
      ['run-1', true],
      ['run-2', false],
    ] as const) {
      const sink = sinkOf({ overwrite }, run)
      await sink.prepare()
      const { record } = await writeOne(sink, 0, scores([run]))
      await sink.finish([record])
      await sink.close()
    }
    expect(await query('SELECT id FROM scores')).toEqual([['run-2']])
    expect(await query('SELECT DISTINCT run FROM slipway.partitions')).toEqual([['run-2']])
  })

  it('takes back partitions that were aborted or whose record failed, and all of it when discarded', async () => {
    const sink = sinkOf()
    await sink.prepare()
    const aborted = await sink.open(partition(0))
    await aborted.write(scores(['a']))
    await aborted.abort()
    const failing = await sink.open(partition(0))
    await failing.write(scores(['a']))
    const fault = new Error('no quarantine')
    await expect(failing.commit(() => Promise.reject(fault))).rejects.toBe(fault)
    expect((await writeOne(sink, 0, scores(['a']))).refused).toEqual([])
    await sink.discard()
    await sink.prepare()
    expect(await sink.committed()).toEqual([])
    await sink.discard()
    await sink.close()
    expect(await query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)).toEqual([])
  })

  it.each([
    ['with a key', columns],
    ['without a key', keyless],
  ])('goes on %s after the database went away, with nothing lost or doubled', async (_, of) => {
    const sink = sinkOf({}, 'run-1', of)
    await sink.prepare()
    await writeOne(sink, 0, scores(['a', 'b']))
    const cut = await sink.open(partition(1))
    await cut.write(scores(['c', 'd']))
    await server.stop()
    const broken = await cut.commit(async () => recordOf(1, 2, { bytes: 0, checksum: '' })).catch((error: unknown) => error)
    await cut.abort()
    expect(broken).toMatchObject({ code: 'SINK_FAILED' })
    const away = await sink.open(partition(1)).catch((error: unknown) => error)
    expect(away).toMatchObject({ code: 'SINK_FAILED' })
    expect(String(broken) + String(away)).not.toContain('top-secret')
    await server.start()
    expect((await sink.committed()).map((record) => record.partition.index)).toEqual([0])
    await writeOne(sink, 1, scores(['c', 'd']))
    expect(await sink.finish(await sink.committed())).toMatchObject({ rows: 4 })
    await sink.close()
    expect(await query("SELECT string_agg(id, '' ORDER BY id) FROM scores")).toEqual([['abcd']])
  })

  it('keeps more rows than wait in memory, with keys that repeat among them', async () => {
    const sink = sinkOf()
    await sink.prepare()
    const writer = await sink.open(partition(0))
    const pad = 'x'.repeat(1000)
    for (let start = 0; start < 40_000; start += 5000) {
      const keys = Array.from({ length: 5000 }, (_, i) => `${pad}${start + i === 39_999 ? 7 : start + i}`)
      await writer.write(scores(keys, start))
    }
    let refused: readonly RefusedRow[] = []
    const record = await writer.commit(async (found, data) => {
      refused = found
      return recordOf(0, 40_000 - found.length, data)
    })
    expect(refused).toMatchObject([{ row: 39_999, code: 'KEY_DUPLICATE' }])
    expect(await sink.finish([record])).toMatchObject({ rows: 39_999 })
    await sink.close()
  })
})

function column<T extends Column['dtype']>(
  dtype: T,
  data: Column<T>['data'],
  validity: readonly number[] | null = null,
  shape: readonly number[] = [],
): Column {
  return { dtype, shape, data, validity: validity === null ? null : Uint8Array.from(validity) } as unknown as Column
}

function text(values: readonly (string | null)[]): Column {
  return column(
    'string',
    values.map((value) => value ?? ''),
    values.map((value) => (value === null ? 0 : 1)),
  )
}

function scores(keys: readonly (string | null)[], firstRow = 0): OutputBatch {
  return {
    length: keys.length,
    columns: [
      text(keys),
      column(
        'float32',
        Float32Array.from(keys, (_, i) => i),
      ),
      { values: ['model'], indices: new Uint8Array(keys.length) },
    ],
    rowNumbers: Uint32Array.from(keys, (_, i) => firstRow + i),
  }
}

const partition = (index: number): Partition => ({ index, file: 0, start: index * 100, end: index * 100 + 100 })

function recordOf(index: number, written: number, data: { readonly bytes: number; readonly checksum: string }): PartitionRecord {
  return { partition: partition(index), read: written, filtered: 0, written, bad: 0, fallback: 0, ...data, details: { note: 'naïve' } }
}

async function writeOne(
  sink: TableSink,
  index: number,
  batch: OutputBatch,
): Promise<{ record: PartitionRecord; refused: readonly RefusedRow[] }> {
  const writer = await sink.open(partition(index))
  await writer.write(batch)
  let refused: readonly RefusedRow[] = []
  const record = await writer.commit(async (found, data) => {
    refused = found
    return recordOf(index, batch.length - found.length, data)
  })
  return { record, refused }
}
