import { describe, expect, it } from 'vitest'
import { createAccumulators } from './accumulators.js'
import type { Accumulators } from './accumulators.js'
import { createBatchMetrics } from './batch-metrics.js'

/** Values of the series of a metric by their labels; of a histogram, its sum. */
function valuesOf(sink: Accumulators, name: string): Record<string, number> {
  const family = sink.families().find(({ spec }) => spec.name === `slipway_batch_${name}`)!
  const values = family.type === 'histogram' ? family.read().map((entry) => [entry.labels, entry.series.sum] as const) : family.read().map((entry) => [entry.labels, entry.series.value] as const) // prettier-ignore
  return Object.fromEntries(values.map(([labels, value]) => [Object.values(labels).join(' '), value]))
}

const counts = { filtered: 5, written: 100, bad: 2, fallback: 10 }

describe('the measurements of batch runs', () => {
  it('count rows by what became of them, as the run goes', () => {
    const sink = createAccumulators()
    const run = createBatchMetrics(sink).started('nightly')
    run.progress({ filtered: 0, written: 60, bad: 1, fallback: 10, fraction: 0.5, rowsPerSecond: 30 })
    expect(valuesOf(sink, 'rows_total')).toEqual({ 'nightly model': 50, 'nightly fallback': 10, 'nightly bad': 1 })
    expect(valuesOf(sink, 'progress_ratio')).toEqual({ nightly: 0.5 })
    expect(valuesOf(sink, 'rows_per_second')).toEqual({ nightly: 30 })
    expect(valuesOf(sink, 'running')).toEqual({ nightly: 1 })
    run.ended({ state: 'completed', counts, elapsedMs: 4000, finishedAt: 1_700_000_000_000 })
    expect(valuesOf(sink, 'rows_total')).toEqual({ 'nightly model': 90, 'nightly fallback': 10, 'nightly bad': 2, 'nightly filtered': 5 })
    expect(valuesOf(sink, 'running')).toEqual({ nightly: 0 })
    expect(valuesOf(sink, 'rows_per_second')).toEqual({ nightly: 0 })
    expect(valuesOf(sink, 'runs_total')).toEqual({ 'nightly completed': 1 })
    expect(valuesOf(sink, 'run_duration_seconds')).toEqual({ nightly: 4 })
    expect(valuesOf(sink, 'last_success_timestamp_seconds')).toEqual({ nightly: 1_700_000_000 })
  })

  it('add the rows of a partition that is tried again once', () => {
    const sink = createAccumulators()
    const run = createBatchMetrics(sink).started('nightly')
    for (const written of [50, 20, 60]) run.progress({ filtered: 0, written, bad: 0, fallback: 0, fraction: null, rowsPerSecond: 1 })
    expect(valuesOf(sink, 'rows_total')).toEqual({ 'nightly model': 60 })
  })

  it('leave out rows that an earlier attempt of the run had committed', () => {
    const sink = createAccumulators()
    const run = createBatchMetrics(sink).started('nightly')
    const earlier = { filtered: 0, written: 40, bad: 0, fallback: 0 }
    run.progress({ ...earlier, earlier, fraction: 0.4, rowsPerSecond: 0 })
    expect(valuesOf(sink, 'rows_total')).toEqual({})
    run.progress({ ...earlier, written: 70, earlier, fraction: 0.7, rowsPerSecond: 30 })
    expect(valuesOf(sink, 'rows_total')).toEqual({ 'nightly model': 30 })
    run.ended({ state: 'completed', counts, elapsedMs: 1, finishedAt: 0 })
    expect(valuesOf(sink, 'rows_total')).toEqual({ 'nightly model': 50, 'nightly fallback': 10, 'nightly bad': 2, 'nightly filtered': 5 })
  })

  it('keep the time of the last success when a run fails', () => {
    const sink = createAccumulators()
    const metrics = createBatchMetrics(sink)
    metrics.started('nightly').ended({ state: 'completed', counts, elapsedMs: 1, finishedAt: 5000 })
    metrics.started('nightly').ended({ state: 'failed', counts, elapsedMs: 1, finishedAt: 9000 })
    expect(valuesOf(sink, 'last_success_timestamp_seconds')).toEqual({ nightly: 5 })
    expect(valuesOf(sink, 'runs_total')).toEqual({ 'nightly completed': 1, 'nightly failed': 1 })
  })

  it('count runs that go at the same time', () => {
    const sink = createAccumulators()
    const metrics = createBatchMetrics(sink)
    const [first] = [metrics.started('nightly'), metrics.started('nightly')]
    first.ended({ state: 'aborted', counts, elapsedMs: 1, finishedAt: 0 })
    expect(valuesOf(sink, 'running')).toEqual({ nightly: 1 })
  })
})
