import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Column } from '../../core/frame.js'
import type { PartStore } from '../../core/part-store.js'
import type { OutputBatch, OutputColumn, PartitionRecord, PartitionWriter, TableSink } from '../../core/table.js'
import { duckdb } from '../../../test/support/parquet.js'
import { createPartStore } from '../folder/part-store.js'
import { createParquetSink } from './parquet-sink.js'

let folder: string
let sink: TableSink
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-sink-'))
})
afterEach(async () => {
  await sink.close()
  await rm(folder, { recursive: true, force: true })
})

const column = (name: string, dtype: OutputColumn['dtype'], rest: Partial<OutputColumn> = {}): OutputColumn => ({
  name,
  type: 'number',
  dtype,
  shape: [],
  ...rest,
})

async function open(columns: readonly OutputColumn[], name = 'out.parquet'): Promise<TableSink> {
  const staging = join(folder, 'staging')
  const parts = createPartStore({ staging, destination: join(folder, name), run: 'r', extension: 'parquet', existing: 'replace' })
  return openOn(parts, columns, name)
}

async function openOn(parts: PartStore, columns: readonly OutputColumn[], name = 'out.parquet'): Promise<TableSink> {
  const plan = { run: 'r', columns, staging: join(folder, 'staging') }
  sink = createParquetSink({ path: join(folder, name), plan, parts })
  await sink.prepare()
  return sink
}

const scalar = (dtype: Column['dtype'], data: unknown, validity: Uint8Array | null = null): Column =>
  ({ dtype, shape: [], data, validity }) as Column
const batch = (length: number, ...columns: OutputBatch['columns']): OutputBatch => ({
  length,
  columns,
  rowNumbers: Uint32Array.from({ length }, (_, i) => i),
})

const commit = (writer: PartitionWriter, index: number, written: number): Promise<PartitionRecord> =>
  writer.commit(async (refused, data) => {
    const partition = { index, file: 0, start: 0, end: written }
    return {
      partition,
      read: written,
      filtered: 0,
      written: written - refused.length,
      bad: refused.length,
      fallback: 0,
      ...data,
      details: { refused },
    }
  })

const partition = (index: number) => ({ index, file: 0, start: 0, end: 1 })
const rowsOf = (path: string): Promise<readonly Readonly<Record<string, unknown>>[]> => duckdb(`FROM read_parquet('${path}')`)

it('every storage is written as the type of its own, with nulls', async () => {
  const there = Uint8Array.of(1, 0)
  const cases: [OutputColumn, Column | { values: (string | null)[]; indices: Uint8Array }, string, unknown][] = [
    [column('i8', 'int8'), scalar('int8', Int8Array.of(-1, 0), there), 'TINYINT', -1],
    [column('i16', 'int16'), scalar('int16', Int16Array.of(-2, 0), there), 'SMALLINT', -2],
    [column('i32', 'int32'), scalar('int32', Int32Array.of(-3, 0), there), 'INTEGER', -3],
    [column('i64', 'int64'), scalar('int64', BigInt64Array.of(-(2n ** 63n), 0n), there), 'BIGINT', String(-(2n ** 63n))],
    [column('u8', 'uint8'), scalar('uint8', Uint8Array.of(255, 0), there), 'UTINYINT', 255],
    [column('u16', 'uint16'), scalar('uint16', Uint16Array.of(65_535, 0), there), 'USMALLINT', 65_535],
    [column('u32', 'uint32'), scalar('uint32', Uint32Array.of(2 ** 32 - 1, 0), there), 'UINTEGER', 2 ** 32 - 1],
    [column('u64', 'uint64'), scalar('uint64', BigUint64Array.of(2n ** 64n - 1n, 0n), there), 'UBIGINT', String(2n ** 64n - 1n)],
    [column('f16', 'float16'), scalar('float16', Uint16Array.of(0x3c00, 0), there), 'FLOAT', 1],
    [column('f32', 'float32'), scalar('float32', Float32Array.of(0.5, 0), there), 'FLOAT', 0.5],
    [column('f64', 'float64'), scalar('float64', Float64Array.of(0.1, Number.NaN), there), 'DOUBLE', 0.1],
    [column('flag', 'bool', { type: 'boolean' }), scalar('bool', Uint8Array.of(1, 0), there), 'BOOLEAN', true],
    [column('t', 'string', { type: 'text' }), scalar('string', ["it's ä\0", ''], there), 'VARCHAR', "it's ä\0"],
    [column('o', 'object', { type: 'json' }), scalar('object', [{ a: 1 }, null], there), 'VARCHAR', '{"a":1}'],
    [
      column('at', 'float64', { type: 'timestamp' }),
      scalar('float64', Float64Array.of(1.5, Number.NaN), there),
      'TIMESTAMP WITH TIME ZONE',
      '1970-01-01 00:00:00.0015+00',
    ],
    [column('r "q"', 'string', { type: 'text' }), { values: ["m'", null], indices: Uint8Array.of(0, 1) }, 'VARCHAR', "m'"],
    [
      column('pair', 'float32', { shape: [2] }),
      { ...scalar('float32', Float32Array.of(1, 2, 0, 0), there), shape: [2] },
      'FLOAT[]',
      [1, 2],
    ],
    [
      column('grid', 'int64', { shape: [2, 1] }),
      { ...scalar('int64', BigInt64Array.of(1n, 2n, 0n, 0n), there), shape: [2, 1] },
      'BIGINT[][]',
      [['1'], ['2']],
    ],
    [
      column('free', 'bool', { shape: [null] }),
      { ...scalar('bool', Uint8Array.of(1, 0, 0, 0), there), shape: [2] },
      'BOOLEAN[]',
      [true, false],
    ],
    [column('words', 'string', { shape: [2] }), { ...scalar('string', ['a', 'b', '', ''], there), shape: [2] }, 'VARCHAR[]', ['a', 'b']],
  ]
  await open(cases.map(([each]) => each))
  const writer = await sink.open(partition(0))
  await writer.write(batch(2, ...cases.map(([, data]) => data)))
  const record = await commit(writer, 0, 2)
  const finished = await sink.finish([record])
  expect(finished).toEqual({ location: join(folder, 'out.parquet'), rows: 2, bytes: expect.any(Number) as number })
  const [first, second] = await rowsOf(finished.location)
  expect(Object.entries(first!)).toEqual(cases.map(([{ name }, , , value]) => [name, value]))
  expect(Object.values(second!)).toEqual(cases.map(() => null))
  const types = await duckdb(`DESCRIBE FROM read_parquet('${finished.location}')`)
  expect(types.map((row) => row['column_type'])).toEqual(cases.map(([, , type]) => type))
})

it('parts written in any order join in the order of the partitions, whatever the sizes of their batches', async () => {
  await open([column('id', 'int64'), column('_source', 'string', { type: 'text' })])
  const sizes = [5000, 1, 2048, 8192]
  const starts = [0, 5000, 5001, 7049]
  const records: PartitionRecord[] = []
  for (const index of [2, 0, 3, 1]) {
    const writer = await sink.open(partition(index))
    const ids = BigInt64Array.from({ length: sizes[index]! }, (_, i) => BigInt(starts[index]! + i))
    const half = Math.floor(ids.length / 2)
    for (const part of [ids.subarray(0, half), ids.subarray(half)]) {
      const values = Array.from({ length: 20 }, (_, i) => (i === 19 ? null : `s${i}`)).toSorted(() => (index % 2) - 0.5)
      const indices = Uint8Array.from(part, (id) => values.indexOf(id % 20n === 19n ? null : `s${id % 20n}`))
      await writer.write(batch(part.length, scalar('int64', part), { values, indices }))
    }
    records.push(await commit(writer, index, ids.length))
  }
  expect((await sink.committed()).map(({ written }) => written)).toEqual(sizes)
  const { location, rows } = await sink.finish(records)
  expect(rows).toBe(15_241)
  const wrong = `SELECT count(*) AS n, count(*) FILTER (id <> file_row_number OR _source IS DISTINCT FROM CASE id % 20 WHEN 19 THEN NULL ELSE 's' || id % 20 END) AS wrong`
  expect(await duckdb(`${wrong} FROM read_parquet('${location}', file_row_number = true)`)).toEqual([{ n: '15241', wrong: '0' }])
})

it('an output that ends with a slash is a folder of the parts', async () => {
  await open([column('x', 'float64')], 'out/')
  const records: PartitionRecord[] = []
  for (const index of [0, 1]) {
    const writer = await sink.open(partition(index))
    await writer.write(batch(1, scalar('float64', Float64Array.of(index))))
    records.push(await commit(writer, index, 1))
  }
  const { rows } = await sink.finish(records)
  expect(rows).toBe(2)
  expect((await readdir(join(folder, 'out'))).toSorted()).toEqual(['000000.parquet', '000001.parquet', '_manifest.json'])
  expect(await rowsOf(join(folder, 'out', '*.parquet'))).toEqual([{ x: 0 }, { x: 1 }])
})

it('rows without a key are refused by their number, and the others stay', async () => {
  await open([column('k', 'string', { type: 'text', key: true }), column('x', 'float64'), column('s', 'string')])
  const writer = await sink.open(partition(0))
  const keys = scalar('string', ['a', '', 'c'], Uint8Array.of(1, 0, 1))
  const repeated = { values: ['m', 'n'], indices: Uint8Array.of(0, 1, 1) }
  await writer.write({ ...batch(3, keys, scalar('float64', Float64Array.of(1, 2, 3)), repeated), rowNumbers: Uint32Array.of(4, 7, 9) })
  const record = await commit(writer, 0, 3)
  expect(record.details['refused']).toEqual([{ row: 7, code: 'KEY_MISSING', message: 'the key `k` is null' }])
  const { location, rows } = await sink.finish([record])
  expect(rows).toBe(2)
  expect(await rowsOf(location)).toEqual([
    { k: 'a', x: 1, s: 'm' },
    { k: 'c', x: 3, s: 'n' },
  ])
})

it('an output without rows has its columns', async () => {
  await open([column('x', 'float32', { shape: [2] }), column('at', 'float64', { type: 'timestamp' }), column('_source', 'string')])
  const { location, rows } = await sink.finish([])
  expect(rows).toBe(0)
  const types = `SELECT list(column_type) AS types FROM (DESCRIBE FROM read_parquet('${location}'))`
  expect(await duckdb(types)).toEqual([{ types: ['FLOAT[]', 'TIMESTAMP WITH TIME ZONE', 'VARCHAR'] }])
  const writer = await sink.open(partition(0))
  expect(await commit(writer, 0, 0)).toMatchObject({ written: 0 })
})

it('what was not committed is not there, and is written again by the next attempt', async () => {
  const columns = [column('x', 'float64')]
  await open(columns)
  const whole = await sink.open(partition(0))
  await whole.write(batch(1, scalar('float64', Float64Array.of(1))))
  await commit(whole, 0, 1)
  const half = await sink.open(partition(1))
  await half.write(batch(1, scalar('float64', Float64Array.of(2))))
  await expect(half.commit(() => Promise.reject(new Error('killed here')))).rejects.toThrow('killed here')
  const given = await sink.open(partition(2))
  await given.write(batch(1, scalar('float64', Float64Array.of(3))))
  await given.abort()
  await sink.close()
  await writeFile(join(folder, 'staging', 'parts', '000001.left.parquet.tmp'), 'half a file')
  await open(columns)
  expect((await sink.committed()).map((record) => record.partition.index)).toEqual([0])
  const again = await sink.open(partition(1))
  await again.write(batch(1, scalar('float64', Float64Array.of(2))))
  await commit(again, 1, 1)
  const { location } = await sink.finish(await sink.committed())
  expect(await rowsOf(location)).toEqual([{ x: 1 }, { x: 2 }])
  await sink.discard()
  expect(existsSync(join(folder, 'staging'))).toBe(false)
  expect(existsSync(location)).toBe(true)
})

it('a place that cannot be written to fails with the output and the reason, in one line', async () => {
  const staging = join(folder, 'staging')
  const store = createPartStore({ staging, destination: join(folder, 'out.parquet'), run: 'r', extension: 'parquet', existing: 'replace' })
  await openOn({ ...store, temporary: () => join(folder, 'gone', 'part.tmp') }, [column('x', 'float64')])
  const writer = await sink.open(partition(0))
  await writer.write(batch(1, scalar('float64', Float64Array.of(1))))
  const failure = (await commit(writer, 0, 1).catch((thrown: unknown) => thrown)) as Error
  expect(failure).toMatchObject({
    code: 'SINK_FAILED',
    message: expect.stringMatching(/out\.parquet.*ENOENT/) as string,
  })
  expect(failure.message).not.toMatch(/\n|part\.tmp/)
  await writer.abort()
})

it('a key that the file would have as null is refused too', async () => {
  await open([column('at', 'float64', { type: 'timestamp', key: true })])
  const writer = await sink.open(partition(0))
  await writer.write(batch(3, scalar('float64', Float64Array.of(1, Number.NaN, -1))))
  const record = await commit(writer, 0, 3)
  expect(record.details['refused']).toEqual([{ row: 1, code: 'KEY_MISSING', message: 'the key `at` is null' }])
  const { location } = await sink.finish([record])
  expect(await rowsOf(location)).toEqual([{ at: '1970-01-01 00:00:00.001+00' }, { at: '1969-12-31 23:59:59.999+00' }])
})

it('times round to the microsecond, and what is no time is null', async () => {
  await open([column('at', 'float64', { type: 'timestamp' })])
  const writer = await sink.open(partition(0))
  const times = [1.0005, -1.0005, 8.64e15, -8.64e15, 8.64e15 + 1, Infinity, Number.NaN, 1_763_719_309_123.456]
  await writer.write(batch(times.length, scalar('float64', Float64Array.from(times))))
  const { location } = await sink.finish([await commit(writer, 0, times.length)])
  const micros = await duckdb(`SELECT epoch_us("at") AS us FROM read_parquet('${location}')`)
  const expected = ['1001', '-1001', '8640000000000000000', '-8640000000000000000', null, null, null, '1763719309123456']
  expect(micros.map(({ us }) => us)).toEqual(expected)
})

it('a part that is cut, changed or of other columns is not joined', async () => {
  await open([column('x', 'float64')])
  const writer = await sink.open(partition(0))
  await writer.write(batch(1, scalar('float64', Float64Array.of(1))))
  const record = await commit(writer, 0, 1)
  const path = join(folder, 'staging', 'parts', '000000.parquet')
  const whole = await readFile(path)
  const others = join(folder, 'others.parquet')
  await duckdb(`COPY (SELECT 1.5::DOUBLE AS x) TO '${others}' (FORMAT parquet)`)
  const cut = whole.subarray(0, -9)
  const broken = Buffer.from(whole)
  broken.fill(0xff, broken.length - 60, broken.length - 8)
  const tooLong = Buffer.from(whole)
  tooLong.writeUInt32LE(whole.length, whole.length - 8)
  for (const bytes of [cut, broken, tooLong, Buffer.alloc(0), Buffer.from('PAR1'), await readFile(others)]) {
    await writeFile(path, bytes)
    await expect(sink.finish([record])).rejects.toMatchObject({
      code: 'INTEGRITY',
      message: expect.stringContaining('000000.parquet') as string,
    })
  }
  const renamed = [column('y', 'float64')]
  await writeFile(path, whole)
  await open(renamed)
  await expect(sink.finish([record])).rejects.toMatchObject({ code: 'INTEGRITY' })
  expect(existsSync(join(folder, 'out.parquet'))).toBe(false)
})

it('the files say who wrote them', async () => {
  const staging = join(folder, 'staging')
  const parts = createPartStore({ staging, destination: join(folder, 'out.parquet'), run: 'r', extension: 'parquet', existing: 'replace' })
  sink = createParquetSink({
    path: join(folder, 'out.parquet'),
    plan: { run: 'r', columns: [column('x', 'float64')], staging },
    parts,
    version: '1.2.3',
  })
  await sink.prepare()
  const { location } = await sink.finish([])
  expect(await duckdb(`SELECT created_by FROM parquet_file_metadata('${location}')`)).toEqual([{ created_by: 'slipway version 1.2.3' }])
})
