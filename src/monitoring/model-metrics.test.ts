import { describe, expect, it } from 'vitest'
import { category, number } from '../core/fields.js'
import type { RowIssue } from '../core/issue.js'
import type { Prediction } from '../core/prediction.js'
import { createAccumulators } from './accumulators.js'
import type { Accumulators } from './accumulators.js'
import { createModelMetrics } from './model-metrics.js'
import type { ModelMetrics } from './model-metrics.js'

const identity = { name: 'fraud', version: '3', digest: 'sha256:0' }
const signature = { input: { amount: number() }, output: { risk: category(['low', 'high']) } }
const timings = { validateMs: 0, gatherMs: 0, preprocessMs: 0, runMs: 1, postprocessMs: 0, returnMs: 0 }

function predictionOf(
  rows: readonly { readonly source: number; readonly risk: string; readonly issues?: readonly RowIssue[] }[],
): Prediction {
  const issues = new Map(rows.flatMap((row, i) => (row.issues === undefined ? [] : [[i, row.issues] as const])))
  const data = rows.map((row) => row.risk)
  return {
    length: rows.length,
    frame: { length: rows.length, columns: { risk: { dtype: 'string', shape: [], data, validity: null } } },
    sourceNames: ['none', 'model', 'fallback:heuristic'],
    sources: Uint8Array.from(rows, (row) => row.source),
    issues: issues.size === 0 ? null : issues,
    idPrefix: 'p',
    model: identity,
    timings,
  }
}

function countRows(metrics: ModelMetrics, prediction: Prediction): void {
  metrics.run(prediction)
  metrics.rows(prediction, 0, prediction.length)
}

function valuesOf(sink: Accumulators, name: string): Record<string, number> {
  const family = sink.families().find((candidate) => candidate.spec.name === name)
  if (family === undefined) return {}
  if (family.type === 'histogram') return byLabels(family.read().map(({ labels, series }) => [labels, series.sum]))
  return byLabels(family.read().map(({ labels, series }) => [labels, series.value]))
}

function byLabels(read: readonly (readonly [Readonly<Record<string, string>>, number])[]): Record<string, number> {
  return Object.fromEntries(read.map(([labels, value]) => [Object.values(labels).join(' '), value]))
}

describe('the measurements of a model', () => {
  it('count classes of answered rows only', () => {
    const sink = createAccumulators()
    const metrics = createModelMetrics(sink, identity, signature)
    countRows(
      metrics,
      predictionOf([
        { source: 1, risk: 'low' },
        { source: 0, risk: 'low' },
        { source: 2, risk: 'high' },
        { source: 1, risk: 'low' },
      ]),
    )
    expect(valuesOf(sink, 'slipway_predictions_total')).toEqual({ 'fraud risk low': 2, 'fraud risk high': 1 })
  })

  it('never turn a field that only the caller knows into a label', () => {
    const sink = createAccumulators()
    const metrics = createModelMetrics(sink, identity, signature)
    const issue = { row: 0, message: '', action: 'reject' } as const
    const issues = [
      { ...issue, code: 'INPUT_UNKNOWN', field: 'chosen by the caller' },
      { ...issue, code: 'INPUT_UNKNOWN', field: '__proto__' },
      { ...issue, code: 'INPUT_RANGE', field: 'amount' },
      { ...issue, code: 'RUN_FAILED', field: null },
    ] as const
    countRows(metrics, predictionOf([{ source: 0, risk: '', issues }]))
    expect(valuesOf(sink, 'slipway_guard_total')).toEqual({
      'fraud INPUT_UNKNOWN reject': 2,
      'fraud INPUT_RANGE:amount reject': 1,
      'fraud RUN_FAILED reject': 1,
    })
  })

  it('name the reason of a fallback by the issue that caused it', () => {
    const sink = createAccumulators()
    const metrics = createModelMetrics(sink, identity, signature)
    const warn = { row: 0, code: 'INPUT_RANGE', field: 'amount', message: '', action: 'warn' } as const
    const late = { row: 0, code: 'DEADLINE', field: null, message: '', action: 'fallback' } as const
    countRows(
      metrics,
      predictionOf([
        { source: 2, risk: 'low', issues: [warn, late] },
        { source: 1, risk: 'low', issues: [warn] },
      ]),
    )
    expect(valuesOf(sink, 'slipway_fallback_total')).toEqual({ 'fraud DEADLINE': 1 })
  })

  it('sum requests by route, code and source', () => {
    const sink = createAccumulators()
    const metrics = createModelMetrics(sink, identity, signature)
    metrics.request('oip', 'OK', 'model', 1)
    metrics.request('oip', 'OK', 'model', 3)
    metrics.request('native', 'DEADLINE', 'none', 5)
    expect(valuesOf(sink, 'slipway_requests_total')).toEqual({ 'fraud 3 oip OK model': 2, 'fraud 3 native DEADLINE none': 1 })
    expect(valuesOf(sink, 'slipway_request_duration_seconds')['fraud 3']).toBeCloseTo(0.009, 12)
  })

  it('show the aliases that hold now and not those of before', () => {
    const sink = createAccumulators()
    const metrics = createModelMetrics(sink, identity, signature)
    metrics.aliases(['latest'])
    metrics.aliases(['champion', 'latest'])
    metrics.aliases(['champion'])
    valuesOf(sink, 'slipway_model_info')
    expect(valuesOf(sink, 'slipway_model_info')).toEqual({ 'fraud 3 sha256:0 champion': 1 })
  })

  it('leave nothing of a version behind that is retired and was read', () => {
    const sink = createAccumulators()
    const metrics = createModelMetrics(sink, identity, signature)
    metrics.aliases(['champion'])
    metrics.track({ inflight: () => 0, queued: () => 0 })
    metrics.request('oip', 'OK', 'model', 1)
    metrics.retire()
    const names = sink.families().map((family) => family.spec.name)
    const withVersion = (): number =>
      names.flatMap((name) => Object.keys(valuesOf(sink, name))).filter((key) => key.startsWith('fraud 3')).length
    expect(withVersion()).toBeGreaterThan(0)
    expect(withVersion()).toBe(0)
  })
})
