import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { storedPlace, type StoredPlace } from '../../../test/support/stored.js'
import { number } from '../../core/fields.js'
import type { Column } from '../../core/frame.js'
import type { OutputBatch, OutputColumn, PartitionRecord, TableSink } from '../../core/table.js'
import { createOutputProfiler } from '../../monitoring/output-profiler.js'
import { createStoredSink } from './stored-sink.js'

const text = { type: 'text', dtype: 'string', shape: [] } as const
const columns: readonly OutputColumn[] = [
  { name: 'id', type: 'integer', dtype: 'int64', shape: [], key: true },
  { name: 'note', ...text },
  { name: 'y', type: 'number', dtype: 'float32', shape: [] },
  { name: '_source', ...text },
  { name: '_codes', ...text },
  { name: '_model', ...text },
]
const plan = { run: 'r1', columns, staging: '/nowhere' }
const set = { id: 'r1', model: 'm', version: '3', digest: 'sha256:1', producedAt: 5 }

function batch(keys: readonly (bigint | null)[], scores: readonly number[]): OutputBatch {
  const length = keys.length
  const key: Column = {
    dtype: 'int64',
    shape: [],
    data: BigInt64Array.from(keys, (value) => value ?? 0n),
    validity: keys.includes(null) ? Uint8Array.from(keys, (value) => (value === null ? 0 : 1)) : null,
  }
  const y: Column = { dtype: 'float32', shape: [], data: Float32Array.from(scores), validity: null }
  const note: Column = { dtype: 'string', shape: [], data: keys.map(() => 'n'), validity: null }
  const source = { values: ['none', 'model', 'fallback:heuristic'], indices: Uint8Array.from(keys, (_, i) => (i === 1 ? 2 : 1)) }
  const codes = { values: [null, 'DEADLINE'], indices: Uint8Array.from(keys, (_, i) => (i === 1 ? 1 : 0)) }
  const model = { values: ['m@3'], indices: new Uint8Array(length) }
  return { length, columns: [key, note, y, source, codes, model], rowNumbers: Uint32Array.from(keys, (_, i) => i) }
}

describe('a set of stored predictions as the output of a run', () => {
  let place: StoredPlace
  let sink: TableSink

  beforeEach(async () => {
    place = await storedPlace()
    sink = open()
    await sink.prepare()
  })
  afterEach(() => place.remove())

  function open(flip?: { readonly by: string; readonly reason: string }): TableSink {
    return createStoredSink({ sets: place.sets, set, plan, outputs: ['y'], ...(flip === undefined ? {} : { flip }) })
  }

  async function write(index: number, rows: OutputBatch): Promise<PartitionRecord> {
    const partition = { index, file: 0, start: index * 10, end: index * 10 + 10 }
    const writer = await sink.open(partition)
    await writer.write(rows)
    const profiler = createOutputProfiler({ y: number() })
    profiler.add({ length: rows.length, columns: { y: rows.columns[2] as Column } }, null)
    return writer.commit(async (refused, data) => {
      const counts = { read: rows.length, filtered: 0, written: rows.length - refused.length, bad: refused.length, fallback: 1 }
      return { partition, ...counts, ...data, details: { profile: profiler.profile(), refused } }
    })
  }

  it('has each row under its key as the API prints it, without what was passed through', async () => {
    const records = [await write(0, batch([17n, 18n], [0.1, 0.5])), await write(1, batch([19n, 20n], [0.25, 1]))]
    expect(await sink.finish(records)).toMatchObject({ location: 'stored:m/r1', rows: 4 })
    expect(await place.sets.set('r1')).toMatchObject({ state: 'complete', rows: 4, fallbackRows: 2, details: { profile: { rows: 4 } } })
    await place.sets.flip({ model: 'm', set: 'r1', kind: 'flip', by: 't', reason: '' })
    expect((await place.sets.read('m', ['17', '18', '21'])).values).toEqual([
      '{"output":{"y":0.10000000149011612},"source":"model"}',
      '{"output":{"y":0.5},"source":"fallback:heuristic","codes":["DEADLINE"]}',
      null,
    ])
  })

  it('refuses rows without a key, and keys that an earlier row has', async () => {
    await write(0, batch([1n, 2n], [1, 2]))
    const { details, written } = await write(1, batch([null, 2n, 3n, 3n], [1, 2, 3, 4]))
    expect(written).toBe(1)
    expect(details['refused']).toMatchObject([
      { row: 0, code: 'KEY_MISSING' },
      { row: 1, code: 'KEY_DUPLICATE' },
      { row: 3, code: 'KEY_DUPLICATE' },
    ])
  })

  it('goes on with the partitions that are missing, and finishes the same when it is told to again', async () => {
    const first = await write(0, batch([1n, 2n], [1, 2]))
    await (await sink.open({ index: 1, file: 0, start: 10, end: 20 })).abort()
    sink = open({ by: 'batch', reason: 'nightly' })
    await sink.prepare()
    expect(await sink.committed()).toEqual([first])
    const records = [first, await write(1, batch([3n, 4n], [3, 4]))]
    expect(await sink.finish(records)).toEqual(await sink.finish(records))
    expect(await place.sets.active('m')).toMatchObject({ id: 'r1', rows: 4 })
    expect(await place.sets.flips('m')).toHaveLength(1)
  })

  it('leaves nothing behind when it is discarded', async () => {
    await write(0, batch([1n, 2n], [1, 2]))
    await sink.discard()
    expect(await place.sets.set('r1')).toBeNull()
    expect(await sink.committed()).toEqual([])
    await sink.discard()
  })

  it('wants a key', async () => {
    const keyless = createStoredSink({ sets: place.sets, set, plan: { ...plan, columns: columns.slice(1) } })
    await expect(keyless.open({ index: 0, file: 0, start: 0, end: 1 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
