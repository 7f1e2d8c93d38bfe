import * as fc from 'fast-check'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { partitionsOf, planOf, readWhole, textSource } from '../../../test/support/text-source.js'
import type { OutputBatch, OutputColumn, Partition, PartitionRecord, TableSink } from '../../core/table.js'
import { integer, number, text } from '../../core/fields.js'
// The real store of parts: a driver may not import another, its test may.
import { createPartStore } from '../folder/part-store.js'
import { csvHeader, csvLines } from './csv-lines.js'
import { jsonLines } from './json-lines.js'
import { createTextFileSink } from './text-file-sink.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-sink-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const scalar = { shape: [], validity: null } as const
const columns: OutputColumn[] = [
  { name: 'id', type: 'text', dtype: 'string', shape: [], key: true },
  { name: 'score', type: 'number', dtype: 'float64', shape: [] },
]

function batch(...rows: readonly (readonly [string, number])[]): OutputBatch {
  return {
    length: rows.length,
    columns: [
      { dtype: 'string', ...scalar, data: rows.map(([id]) => id) },
      { dtype: 'float64', ...scalar, data: Float64Array.from(rows, ([, score]) => score) },
    ],
    rowNumbers: Uint32Array.from(rows.keys()),
  }
}

function sink(name: string, format: 'csv' | 'jsonl' = 'csv'): TableSink {
  const staging = join(folder, '.run1')
  const parts = createPartStore({ staging, destination: join(folder, name), run: 'run1', extension: format, existing: 'refuse' })
  return createTextFileSink({ path: join(folder, name), format, plan: { run: 'run1', columns, staging }, parts })
}

const partition = (index: number): Partition => ({ index, file: 0, start: index, end: index + 1 })

async function put(target: TableSink, index: number, rows: OutputBatch): Promise<PartitionRecord> {
  const writer = await target.open(partition(index))
  await writer.write(rows)
  return writer.commit((refused, data) =>
    Promise.resolve({
      partition: partition(index),
      read: rows.length,
      filtered: 0,
      written: rows.length - refused.length,
      bad: 0,
      fallback: 0,
      ...data,
      details: {},
    }),
  )
}

async function putBoth(target: TableSink): Promise<PartitionRecord[]> {
  await target.prepare()
  return [await put(target, 0, batch(['a', 1.5], ['b,"', -0])), await put(target, 1, batch(['', Number.NaN]))]
}

const both = 'id,score\na,1.5\n"b,""",-0\n"",NaN\n'

describe('the sink of text files', () => {
  it('makes one file of the parts, in one step', async () => {
    const target = sink('out.csv')
    const records = await putBoth(target)
    expect(await readdir(folder)).toEqual(['.run1'])
    expect(await target.finish(records)).toEqual({ location: join(folder, 'out.csv'), rows: 3, bytes: both.length })
    expect(await readFile(join(folder, 'out.csv'), 'utf8')).toBe(both)
    expect(await sink('out.csv').finish(await sink('out.csv').committed())).toMatchObject({ rows: 3, bytes: both.length })
    await target.discard()
    expect(await readdir(folder)).toEqual(['out.csv'])
  })

  it('compresses a file whose name says so', async () => {
    const target = sink('out.jsonl.gz', 'jsonl')
    await target.finish(await putBoth(target))
    const lines = gunzipSync(await readFile(join(folder, 'out.jsonl.gz'))).toString()
    expect(lines).toBe('{"id":"a","score":1.5}\n{"id":"b,\\"","score":-0}\n{"id":"","score":NaN}\n')
  })

  it('makes a folder of the parts, each with its header', async () => {
    const target = sink('out/')
    await target.finish(await putBoth(target))
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['000000.csv', '000001.csv', '_manifest.json'])
    expect(await readFile(join(folder, 'out/000001.csv'), 'utf8')).toBe('id,score\n"",NaN\n')
  })

  it('writes a header alone when there are no rows', async () => {
    const target = sink('out.csv')
    await target.prepare()
    await target.finish([])
    expect(await readFile(join(folder, 'out.csv'), 'utf8')).toBe('id,score\n')
  })

  it('goes on with what was committed before a kill', async () => {
    const first = sink('out.csv')
    await first.prepare()
    await put(first, 0, batch(['a', 1.5], ['b,"', -0]))
    const killed = await first.open(partition(1))
    await killed.write(batch(['half', 0]))
    const again = sink('out.csv')
    await again.prepare()
    const [record, ...none] = await again.committed()
    expect(none).toEqual([])
    await again.finish([record!, await put(again, 1, batch(['', Number.NaN]))])
    expect(await readFile(join(folder, 'out.csv'), 'utf8')).toBe(both)
    await killed.abort()
  })

  it('takes a part back', async () => {
    const target = sink('out.csv')
    await target.prepare()
    const writer = await target.open(partition(0))
    await writer.write(batch(['a', 1]))
    await writer.abort()
    expect(await readdir(join(folder, '.run1/parts'))).toEqual([])
  })

  it('says why it cannot write, and shows nothing half', async () => {
    const target = sink('out.csv')
    const records = await putBoth(target)
    await rm(join(folder, '.run1/parts'), { recursive: true })
    await expect(target.finish(records)).rejects.toMatchObject({ code: 'SINK_FAILED' })
    await expect(target.open(partition(2))).rejects.toMatchObject({ code: 'SINK_FAILED' })
    await mkdir(join(folder, 'busy.csv'))
    await writeFile(join(folder, 'busy.csv/x'), '')
    await expect(sink('busy.csv').finish([])).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
    expect((await readdir(folder)).sort()).toEqual(['.run1', 'busy.csv'])
  })

  it('fails, not hangs, when the disk is full', async () => {
    // Nothing can be written to /dev/full; the store of this test puts the file there.
    const full = { ...createPartStore({ staging: folder, destination: join(folder, 'x'), run: 'r', extension: 'csv', existing: 'refuse' }) }
    const publishFile: typeof full.publishFile = async (build) => {
      await build('/dev/full')
      return { bytes: 0 }
    }
    const plan = { run: 'r', columns, staging: folder }
    const target = createTextFileSink({ path: 'x.csv', format: 'csv', plan, parts: { ...full, publishFile } })
    await expect(target.finish([])).rejects.toMatchObject({ code: 'ENOSPC' })
  })
})

describe('rows as text', () => {
  it('write every type as it reads back', () => {
    const types: [OutputColumn, OutputBatch['columns'][number]][] = [
      [
        { name: 'i', type: 'integer', dtype: 'int64', shape: [] },
        { dtype: 'int64', shape: [], data: BigInt64Array.of(2n ** 62n, 0n), validity: Uint8Array.of(1, 0) },
      ],
      [
        { name: 'b', type: 'boolean', dtype: 'bool', shape: [] },
        { dtype: 'bool', ...scalar, data: Uint8Array.of(1, 0) },
      ],
      [
        { name: 'x', type: 'json', dtype: 'float32', shape: [2] },
        { dtype: 'float32', shape: [2], data: Float32Array.of(0.1, 1, Infinity, 2), validity: null },
      ],
      [
        { name: 'o', type: 'json', dtype: 'object', shape: [] },
        { dtype: 'object', ...scalar, data: [{ a: [1n, 'é'] }, 'text'] },
      ],
      [
        { name: 'j', type: 'json', dtype: 'string', shape: [] },
        { dtype: 'string', ...scalar, data: ['{"k": 1}', 'not json'] },
      ],
      [
        { name: 's', type: 'text', dtype: 'string', shape: [] },
        { values: [null, 'model'], indices: Uint8Array.of(1, 0) },
      ],
    ]
    const schema = types.map(([column]) => column)
    const rows: OutputBatch = { length: 2, columns: types.map(([, data]) => data), rowNumbers: Uint32Array.of(0, 1) }
    expect(csvLines(rows)).toBe(
      '4611686018427387904,true,"[0.10000000149011612,1]","{""a"":[1,""é""]}","{""k"": 1}",model\n,false,"[Infinity,2]",text,not json,\n',
    )
    expect(jsonLines(rows, schema)).toBe(
      '{"i":4611686018427387904,"b":true,"x":[0.10000000149011612,1],"o":{"a":[1,"é"]},"j":{"k": 1},"s":"model"}\n' +
        '{"i":null,"b":false,"x":[Infinity,2],"o":"text","j":"not json","s":null}\n',
    )
  })

  it('read back as the same rows, wherever the file is cut', async () => {
    const source = await textSource()
    const value = fc.string({ unit: 'grapheme' }).filter((text_) => !text_.includes('\0'))
    const row = fc.tuple(
      fc.oneof(value, fc.constantFrom('', '"', 'a\r\nb', ',', '\n')),
      fc.double(),
      fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    )
    const fields = { t: text(), n: number(), i: integer({ optional: true }) }
    const schema: OutputColumn[] = [
      { name: 't', type: 'text', dtype: 'string', shape: [] },
      { name: 'n', type: 'number', dtype: 'float64', shape: [] },
      { name: 'i', type: 'integer', dtype: 'int64', shape: [] },
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('csv' as const, 'jsonl' as const),
        async (rows, size, format) => {
          const whole = rows.map(([, , i]) => i ?? 0n)
          const validity = Uint8Array.from(rows, ([, , i]) => (i === null ? 0 : 1))
          const written: OutputBatch = {
            length: rows.length,
            columns: [
              { dtype: 'string', ...scalar, data: rows.map(([t]) => t) },
              { dtype: 'float64', ...scalar, data: Float64Array.from(rows, ([, n]) => n) },
              { dtype: 'int64', shape: [], data: BigInt64Array.from(whole), validity },
            ],
            rowNumbers: Uint32Array.from(rows.keys()),
          }
          const content = format === 'csv' ? csvHeader(schema) + csvLines(written) : jsonLines(written, schema)
          const file = await source.file(content, format)
          const back = await readWhole(file, planOf(fields, { chunkRows: 4 }), size)
          expect(back.broken).toEqual([])
          expect(back.rows).toEqual(rows.map(([t, n, i]) => ({ t, n, i })))
          expect((await partitionsOf(file, size)).length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 150 },
    )
    await source.remove()
  })
})
