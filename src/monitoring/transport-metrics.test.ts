import { describe, expect, it } from 'vitest'
import { createAccumulators } from './accumulators.js'
import type { Accumulators } from './accumulators.js'
import { createTransportMetrics } from './transport-metrics.js'

/** Labels of each series with its count. */
function countsOf(sink: Accumulators, name: string): Record<string, number> {
  const family = sink.families().find(({ spec }) => spec.name === name)!
  if (family.type === 'histogram') {
    return Object.fromEntries(family.read().map(({ labels, series }) => [join(labels), series.counts.reduce((a, b) => a + b, 0)]))
  }
  return Object.fromEntries(family.read().map(({ labels, series }) => [join(labels), series.value]))
}

function join(labels: Readonly<Record<string, string>>): string {
  return Object.values(labels).join(' ')
}

const predict = { route: '/models/:model/predict', method: 'POST', status: 200, code: null, durationMs: 2 }

describe('the measurements of the transports', () => {
  it('count HTTP answers by route, method and code, and time them by route', () => {
    const sink = createAccumulators()
    const { http } = createTransportMetrics(sink)
    for (const change of [{}, {}, { status: 404, code: 'MODEL_UNKNOWN' }, { method: 'GET', status: 405, code: 'METHOD_NOT_ALLOWED' }]) {
      http.answered({ ...predict, ...change })
    }
    // Rows refused one by one: nothing was thrown, and the answer is no success.
    http.answered({ ...predict, status: 400 })
    http.answered({ route: '(none)', method: 'PROPFIND', status: 404, code: 'ROUTE_UNKNOWN', durationMs: 1 })
    expect(countsOf(sink, 'slipway_http_requests_total')).toEqual({
      '/models/:model/predict POST OK': 2,
      '/models/:model/predict POST MODEL_UNKNOWN': 1,
      '/models/:model/predict POST HTTP_400': 1,
      '/models/:model/predict GET METHOD_NOT_ALLOWED': 1,
      '(none) other ROUTE_UNKNOWN': 1,
    })
    expect(countsOf(sink, 'slipway_http_request_duration_seconds')).toEqual({ '/models/:model/predict': 5, '(none)': 1 })
  })

  it('count gRPC calls by method and code, and time them by method', () => {
    const sink = createAccumulators()
    const { grpc } = createTransportMetrics(sink)
    const path = '/inference.GRPCInferenceService/ModelInfer'
    for (const code of [null, 'INPUT_SHAPE', null]) grpc.answered({ path, code, durationMs: 3 })
    expect(countsOf(sink, 'slipway_grpc_calls_total')).toEqual({
      'inference.GRPCInferenceService/ModelInfer OK': 2,
      'inference.GRPCInferenceService/ModelInfer INPUT_SHAPE': 1,
    })
    expect(countsOf(sink, 'slipway_grpc_call_duration_seconds')).toEqual({ 'inference.GRPCInferenceService/ModelInfer': 3 })
  })
})
