import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { OutputBatch, PartitionRecord, TableSink } from '../../core/table.js'
import { createStdoutSink } from './stdout-sink.js'

const columns = [{ name: 'n', type: 'number', dtype: 'float64', shape: [] }] as const
const rows = (...values: readonly number[]): OutputBatch => ({
  length: values.length,
  columns: [{ dtype: 'float64', shape: [], data: Float64Array.from(values), validity: null }],
  rowNumbers: Uint32Array.from(values.keys()),
})

function sinkOn(stream: Writable): TableSink {
  return createStdoutSink({ format: 'csv', plan: { run: 'r', columns, staging: '' }, stream })
}

async function put(sink: TableSink, index: number, batch: OutputBatch): Promise<PartitionRecord> {
  const partition = { index, file: 0, start: 0, end: 1 }
  const writer = await sink.open(partition)
  await writer.write(batch)
  return writer.commit((_, data) =>
    Promise.resolve({ partition, read: 1, filtered: 0, written: batch.length, bad: 0, fallback: 0, ...data, details: {} }),
  )
}

describe('the sink of standard output', () => {
  it('writes the header once and a partition when it is committed', async () => {
    const seen: string[] = []
    const stream = new Writable({
      highWaterMark: 1,
      write(block: Buffer, _, done) {
        seen.push(block.toString())
        setImmediate(() => done())
      },
    })
    const sink = sinkOn(stream)
    await sink.prepare()
    const lost = await sink.open({ index: 0, file: 0, start: 0, end: 1 })
    await lost.write(rows(9))
    await lost.abort()
    const records = [await put(sink, 0, rows(1, 2.5)), await put(sink, 1, rows(-0))]
    expect(seen.join('')).toBe('n\n1\n2.5\n-0\n')
    expect(await sink.finish(records)).toEqual({ location: 'standard output', rows: 3, bytes: 11 })
    expect(await sink.committed()).toEqual([])
  })

  it('takes a reader that went away for the end', async () => {
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    const stream = new Writable({ write: (_block, _encoding, done) => done(gone) })
    const sink = sinkOn(stream)
    await expect(sink.prepare()).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(put(sink, 0, rows(1))).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('says when the stream fails otherwise', async () => {
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' })
    const sink = sinkOn(new Writable({ write: (_block, _encoding, done) => done(full) }))
    await expect(sink.prepare()).rejects.toMatchObject({ code: 'SINK_FAILED' })
  })
})
