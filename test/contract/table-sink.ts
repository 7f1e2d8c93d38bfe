import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Column } from '../../src/core/frame.js'
import type { OutputBatch, OutputColumn, OutputPlan, Partition, PartitionRecord, RefusedRow, TableSink } from '../../src/core/table.js'

/** A fresh place for one output. */
export interface SinkUnderTest {
  /** A sink as one process would open it; the suite closes it. */
  open(plan: OutputPlan): Promise<TableSink>
  /** Folder for `plan.staging`, on the file system of the output. */
  readonly staging: string
  /**
   * The output as another program reads it, null when there is none: integers as bigint, booleans, numbers, times as epoch milliseconds,
   * JSON parsed, null for null.
   */
  rows(columns: readonly OutputColumn[]): Promise<readonly Readonly<Record<string, unknown>>[] | null>
  remove(): Promise<void>
}

export interface SinkAbilities {
  /** Refuses rows whose key is null or there already. Files take them as they are. */
  readonly keys: 'checked' | 'unchecked'
  /** What NaN becomes. */
  readonly nan: 'null' | 'kept'
}

const columns: readonly OutputColumn[] = [
  { name: 'id', type: 'text', dtype: 'string', shape: [], key: true },
  { name: 'score', type: 'number', dtype: 'float64', shape: [] },
  { name: '_source', type: 'text', dtype: 'string', shape: [] },
]

/** What every sink promises. */
export function tableSinkContract(name: string, open: () => Promise<SinkUnderTest>, abilities: SinkAbilities): void {
  describe(`the table sink ${name}`, () => {
    let under: SinkUnderTest
    const opened: TableSink[] = []
    async function sinkOf(run: string, of: readonly OutputColumn[] = columns): Promise<TableSink> {
      const sink = await under.open({ run, columns: of, staging: under.staging })
      opened.push(sink)
      return sink
    }
    beforeEach(async () => {
      under = await open()
    })
    afterEach(async () => {
      for (const sink of opened.splice(0)) await sink.close()
      await under.remove()
    })
    async function ids(): Promise<readonly unknown[] | null> {
      return (await under.rows(columns))?.map(({ id }) => id).toSorted() ?? null
    }

    it('shows the rows of all partitions when it is finished, and nothing before', async () => {
      const sink = await sinkOf('run1')
      await sink.prepare()
      expect(await sink.committed()).toEqual([])
      const records = [await put(sink, 0, ['a', 'b']), await put(sink, 1, ['c'])]
      expect(await under.rows(columns)).toBe(null)
      expect(await sink.committed()).toEqual(records)
      const finished = await sink.finish(records)
      expect(finished).toMatchObject({ rows: 3 })
      expect(finished.location).not.toBe('')
      expect(await under.rows(columns)).toEqual([
        { id: 'a', score: 0.5, _source: 'model' },
        { id: 'b', score: 1.5, _source: 'fallback:rule' },
        { id: 'c', score: 0.5, _source: 'model' },
      ])
    })

    it('hands the counts and a checksum to the record, and keeps the record whole', async () => {
      const sink = await sinkOf('run1')
      await sink.prepare()
      const record = await put(sink, 0, ['a', 'b'])
      expect(record.checksum).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(record.bytes).toBeGreaterThanOrEqual(0)
      expect(await sink.committed()).toEqual([record])
      expect(record.details).toEqual({ profile: { 'naïve "x"': [1, null] } })
    })

    it('takes a partition in several batches, or without a row', async () => {
      const sink = await sinkOf('run1')
      await sink.prepare()
      const writer = await sink.open(partition(0))
      await writer.write(batchOf(['a', 'b']))
      await writer.write(batchOf(['c']))
      const records = [
        await writer.commit(async (refused, data) => recordOf(0, 3, refused, data)),
        await put(sink, 1, null),
        await put(sink, 2, []),
      ]
      await sink.finish(records)
      expect(await ids()).toEqual(['a', 'b', 'c'])
    })

    it('takes more rows than one statement does', async () => {
      const sink = await sinkOf('run1')
      await sink.prepare()
      const many = Array.from({ length: 5000 }, (_, i) => `k${String(i).padStart(5, '0')}`)
      await sink.finish([await put(sink, 0, many)])
      expect(await ids()).toEqual(many)
    })

    it('makes an output without rows', async () => {
      const sink = await sinkOf('run1')
      await sink.prepare()
      expect(await sink.finish([])).toMatchObject({ rows: 0 })
      expect(await under.rows(columns)).toEqual([])
    })

    it('leaves nothing of a partition that is aborted, whose record fails, or that a kill ended', async () => {
      const sink = await sinkOf('run1')
      await sink.prepare()
      const aborted = await sink.open(partition(0))
      await aborted.write(batchOf(['a']))
      await aborted.abort()
      await aborted.abort()
      const failing = await sink.open(partition(0))
      await failing.write(batchOf(['a']))
      const fault = new Error('the quarantine is full')
      await expect(failing.commit(() => Promise.reject(fault))).rejects.toBe(fault)
      await failing.abort()
      expect(await sink.committed()).toEqual([])
      const left = await sink.open(partition(0))
      await left.write(batchOf(['a']))
      // What a killed process does: it goes away without a word.
      await sink.close()
      const next = await sinkOf('run1')
      await next.prepare()
      expect(await next.committed()).toEqual([])
      await next.finish([await put(next, 0, ['a'])])
      expect(await ids()).toEqual(['a'])
    })

    it('goes on after a kill with the partitions that are not committed', async () => {
      const first = await sinkOf('run1')
      await first.prepare()
      const record = await put(first, 0, ['a', 'b'])
      await first.close()
      const next = await sinkOf('run1')
      await next.prepare()
      expect(await next.committed()).toEqual([record])
      await next.finish([record, await put(next, 1, ['c'])])
      expect(await ids()).toEqual(['a', 'b', 'c'])
    })

    it('is written by several processes, one partition each', async () => {
      const sink = await sinkOf('run1')
      await sink.prepare()
      const one = await sinkOf('run1')
      const other = await sinkOf('run1')
      const records = [await put(one, 0, ['a']), await put(other, 1, ['b']), await put(one, 2, ['c'])]
      expect(await sink.committed()).toEqual(records)
      await sink.finish(records)
      expect(await ids()).toEqual(['a', 'b', 'c'])
    })

    it('finishes the same when it is asked again, also after a kill', async () => {
      const sink = await sinkOf('run1')
      await sink.prepare()
      const records = [await put(sink, 0, ['a', 'b'])]
      const finished = await sink.finish(records)
      const again = await sinkOf('run1')
      await again.prepare()
      expect(await again.finish(records)).toEqual(finished)
      expect(await ids()).toEqual(['a', 'b'])
    })

    it('takes back all of a run that is discarded, and leaves the output of an earlier one', async () => {
      const first = await sinkOf('run1')
      await first.prepare()
      await first.finish([await put(first, 0, ['a'])])
      const second = await sinkOf('run2')
      await second.prepare()
      await put(second, 0, ['b'])
      await second.discard()
      await second.discard()
      expect(await ids()).toEqual(['a'])
      const again = await sinkOf('run2')
      await again.prepare()
      expect(await again.committed()).toEqual([])
    })

    it('keeps every type of column, and its nulls', async () => {
      const sink = await sinkOf('run1', typed.columns)
      await sink.prepare()
      const writer = await sink.open(partition(0))
      await writer.write(typed.batch)
      await sink.finish([await writer.commit(async (refused, data) => recordOf(0, 3, refused, data))])
      const nan = abilities.nan === 'null' ? null : Number.NaN
      expect(await under.rows(typed.columns)).toEqual(typed.rows(nan))
    })

    describe.each(abilities.keys === 'checked' ? ['with a key'] : [])('%s', () => {
      it('commits in order, since a later row may be refused for an earlier one', async () => {
        expect((await sinkOf('run1')).commits).toBe('in-order')
      })

      it('keeps the first row of a key, and tells the others by their numbers', async () => {
        const sink = await sinkOf('run1')
        await sink.prepare()
        const told: (readonly [number, string])[] = []
        const writer = await sink.open(partition(0))
        await writer.write(batchOf(['a', 'b', 'a', 'c'], 10))
        await writer.write(batchOf(['c', 'd'], 14))
        const keep = (refused: readonly RefusedRow[]): void => void told.push(...refused.map(({ row, code }) => [row, code] as const))
        const one = await writer.commit(async (refused, data) => {
          keep(refused)
          return recordOf(0, 6, refused, data)
        })
        const later = await sink.open(partition(1))
        await later.write(batchOf(['e', 'b']))
        const two = await later.commit(async (refused, data) => {
          keep(refused)
          return recordOf(1, 2, refused, data)
        })
        expect(told).toEqual([
          [12, 'KEY_DUPLICATE'],
          [14, 'KEY_DUPLICATE'],
          [1, 'KEY_DUPLICATE'],
        ])
        await sink.finish([one, two])
        expect(await ids()).toEqual(['a', 'b', 'c', 'd', 'e'])
        expect((await under.rows(columns))?.find(({ id }) => id === 'b')).toMatchObject({ score: 1.5 })
      })

      it('refuses a row without a key, and those that repeat among many', async () => {
        const sink = await sinkOf('run1')
        await sink.prepare()
        const keys = Array.from({ length: 1000 }, (_, i) => (i % 100 === 7 ? null : `k${i % 900}`))
        const writer = await sink.open(partition(0))
        await writer.write(batchOf(keys))
        let found: readonly RefusedRow[] = []
        const record = await writer.commit(async (refused, data) => {
          found = refused
          return recordOf(0, 1000, refused, data)
        })
        expect(found.filter(({ code }) => code === 'KEY_MISSING').map(({ row }) => row)).toEqual(
          Array.from({ length: 10 }, (_, i) => i * 100 + 7),
        )
        expect(found.filter(({ code }) => code === 'KEY_DUPLICATE')).toHaveLength(99)
        await sink.finish([record])
        expect(await ids()).toEqual([...new Set(keys.filter((key) => key !== null))].toSorted())
      })
    })
  })
}

function partition(index: number): Partition {
  return { index, file: 0, start: index * 100, end: index * 100 + 100 }
}

/** Rows of the keys; every second one was answered by a fallback. */
function batchOf(keys: readonly (string | null)[], firstRow: number = 0): OutputBatch {
  const validity = keys.includes(null) ? Uint8Array.from(keys, (key) => (key === null ? 0 : 1)) : null
  return {
    length: keys.length,
    rowNumbers: Uint32Array.from(keys, (_, i) => firstRow + i),
    columns: [
      { dtype: 'string', shape: [], data: keys.map((key) => key ?? ''), validity },
      { dtype: 'float64', shape: [], data: Float64Array.from(keys, (_, i) => i + 0.5), validity: null },
      { values: ['model', 'fallback:rule'], indices: Uint8Array.from(keys, (_, i) => i % 2) },
    ],
  }
}

async function put(sink: TableSink, index: number, keys: readonly string[] | null): Promise<PartitionRecord> {
  const writer = await sink.open(partition(index))
  if (keys !== null) await writer.write(batchOf(keys))
  return writer.commit(async (refused, data) => recordOf(index, keys?.length ?? 0, refused, data))
}

function recordOf(
  index: number,
  read: number,
  refused: readonly RefusedRow[],
  data: { readonly bytes: number; readonly checksum: string },
): PartitionRecord {
  const counts = { read, filtered: 0, written: read - refused.length, bad: refused.length, fallback: 0 }
  return { partition: partition(index), ...counts, ...data, details: { profile: { 'naïve "x"': [1, null] } } }
}

const third = Uint8Array.of(1, 1, 0)
const time = Date.UTC(2024, 1, 29, 12, 30, 1, 250)

/** Three rows of every type; the third is null where a column may be. */
const typed = {
  columns: [
    { name: 'text', type: 'text', dtype: 'string', shape: [] },
    { name: 'big', type: 'integer', dtype: 'int64', shape: [] },
    { name: 'small', type: 'integer', dtype: 'int32', shape: [] },
    { name: 'double', type: 'number', dtype: 'float64', shape: [] },
    { name: 'single', type: 'number', dtype: 'float32', shape: [] },
    { name: 'yes', type: 'boolean', dtype: 'bool', shape: [] },
    { name: 'at', type: 'timestamp', dtype: 'float64', shape: [] },
    { name: 'any', type: 'json', dtype: 'object', shape: [] },
    { name: 'vector', type: 'json', dtype: 'float32', shape: [2] },
    { name: 'matrix', type: 'json', dtype: 'int64', shape: [2, 1] },
    { name: 'select "x"', type: 'text', dtype: 'string', shape: [] },
  ] satisfies OutputColumn[],
  batch: {
    length: 3,
    rowNumbers: Uint32Array.of(0, 1, 2),
    columns: [
      { dtype: 'string', shape: [], data: ['naïve "x", 🙂\n\t\\', '', ''], validity: third },
      { dtype: 'int64', shape: [], data: BigInt64Array.of(9_223_372_036_854_775_807n, -9_007_199_254_740_993n, 0n), validity: third },
      { dtype: 'int32', shape: [], data: Int32Array.of(-5, 7, 0), validity: third },
      { dtype: 'float64', shape: [], data: Float64Array.of(0.1, Number.NaN, 0), validity: third },
      { dtype: 'float32', shape: [], data: Float32Array.of(0.1, -2.5e30, 0), validity: third },
      { dtype: 'bool', shape: [], data: Uint8Array.of(1, 0, 0), validity: third },
      { dtype: 'float64', shape: [], data: Float64Array.of(time, 0, 0), validity: third },
      { dtype: 'object', shape: [], data: [{ a: [1, 'x'] }, ['y'], null], validity: third },
      { dtype: 'float32', shape: [2], data: Float32Array.of(0.5, 1, -2, 0.25, 3, 4), validity: null },
      { dtype: 'int64', shape: [2, 1], data: BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n), validity: null },
      { values: [null, "it's", 'b'], indices: Uint8Array.of(1, 2, 0) },
    ] satisfies (Column | OutputBatch['columns'][number])[],
  },
  rows: (nan: number | null) => [
    {
      text: 'naïve "x", 🙂\n\t\\',
      big: 9_223_372_036_854_775_807n,
      small: -5n,
      double: 0.1,
      single: Math.fround(0.1),
      yes: true,
      at: time,
      any: { a: [1, 'x'] },
      vector: [0.5, 1],
      matrix: [[1], [2]],
      'select "x"': "it's",
    },
    {
      text: '',
      big: -9_007_199_254_740_993n,
      small: 7n,
      double: nan,
      single: Math.fround(-2.5e30),
      yes: false,
      at: 0,
      any: ['y'],
      vector: [-2, 0.25],
      matrix: [[3], [4]],
      'select "x"': 'b',
    },
    {
      text: null,
      big: null,
      small: null,
      double: null,
      single: null,
      yes: null,
      at: null,
      any: null,
      vector: [3, 4],
      matrix: [[5], [6]],
      'select "x"': null,
    },
  ],
} as const
