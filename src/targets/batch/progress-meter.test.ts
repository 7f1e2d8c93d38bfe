import { describe, expect, it } from 'vitest'
import type { InputFile, PartitionRecord } from '../../core/table.js'
import { ProgressMeter } from './progress-meter.js'

const file = (format: InputFile['format'], bytes: number): InputFile => ({ name: 'x', path: 'x', format, bytes, digest: '' })
const record = (index: number, span: number, read: number): PartitionRecord => ({
  partition: { index, file: 0, start: index * span, end: (index + 1) * span },
  read,
  filtered: 0,
  written: read - 1,
  bad: 1,
  fallback: 2,
  bytes: 0,
  checksum: '',
  details: {},
})

function meterAt(files: readonly InputFile[]): { readonly meter: ProgressMeter; readonly pass: (ms: number) => void } {
  let now = 0
  const meter = new ProgressMeter({ now: () => now, monotonic: () => now }, { run: 'r', name: null, model: 'm@1' }, files)
  return { meter, pass: (ms) => void (now += ms) }
}

describe('the progress of a run', () => {
  it('tells rows, rate, share and remaining time', () => {
    const { meter, pass } = meterAt([file('csv', 1000)])
    meter.snapshot()
    pass(1000)
    meter.record(record(0, 250, 100), false)
    meter.running(1, { read: 25, filtered: 0, written: 25, bad: 0, fallback: 0 })
    expect(meter.snapshot()).toMatchObject({ read: 125, written: 124, bad: 1, fallback: 2, partitionsDone: 1, rowsPerSecond: 125 })
    // 25 rows under way are 62.5 bytes: of 1000 bytes, 312.5 are read.
    expect(meter.snapshot().fraction).toBeCloseTo(0.3125, 10)
    expect(meter.snapshot().etaMs).toBe(2200)
  })

  it('counts rows of earlier attempts, but no time for them', () => {
    const { meter, pass } = meterAt([file('parquet', 5)])
    meter.totalRows = 200
    meter.record(record(0, 100, 100), true)
    meter.snapshot()
    pass(2000)
    meter.running(1, { read: 50, filtered: 0, written: 50, bad: 0, fallback: 0 })
    expect(meter.snapshot()).toMatchObject({ read: 150, fraction: 0.75, rowsPerSecond: 25, etaMs: 2000, earlier: { read: 100 } })
  })

  it('says nothing of what it cannot know', () => {
    const { meter } = meterAt([file('parquet', 5)])
    expect(meter.snapshot()).toMatchObject({ fraction: null, etaMs: null, partitions: null, rowsPerSecond: 0 })
  })
})
