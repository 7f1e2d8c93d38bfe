import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { category, number } from '../../core/fields.js'
import type { Prediction } from '../../core/prediction.js'
import { createModelMetrics } from '../../monitoring/model-metrics.js'
import { servingMetrics } from '../../monitoring/serving-metrics.js'
import { createTransportMetrics } from '../../monitoring/transport-metrics.js'
import { createWorkerMetrics } from '../../monitoring/worker-metrics.js'
import { createPrometheusSink } from './sink.js'

const identity = { name: 'fraud', version: '3', digest: `sha256:${'ab'.repeat(32)}` }
const signature = { input: { amount: number() }, output: { risk: category(['low', 'high']) } }
const prediction: Prediction = {
  length: 2,
  frame: { length: 2, columns: { risk: { dtype: 'string', shape: [], data: ['low', 'high'], validity: null } } },
  sourceNames: ['none', 'model', 'fallback:heuristic'],
  sources: Uint8Array.of(1, 2),
  issues: new Map([[1, [{ row: 1, code: 'INPUT_RANGE', field: 'amount', message: 'too much', action: 'fallback' }]]]),
  idPrefix: 'p',
  model: identity,
  timings: { validateMs: 0.01, gatherMs: 0, preprocessMs: 0.02, runMs: 3, postprocessMs: 0.1, returnMs: 0.01 },
}

async function measured(): Promise<string> {
  const sink = await createPrometheusSink()
  const metrics = createModelMetrics(sink, identity, signature)
  metrics.track({ inflight: () => 4, queued: () => 2 })
  metrics.aliases(['champion', 'latest'])
  metrics.run(prediction)
  metrics.rows(prediction, 0, 2)
  metrics.request('oip', 'OK', 'mixed', 3.2)
  sink.histogram(servingMetrics.loadDuration).with({ model: 'fraud' }).observe(0.3)
  sink.counter(servingMetrics.loadFailures).with({ model: 'fraud', code: 'INTEGRITY' }).add(1)
  const workers = createWorkerMetrics(sink, { model: 'fraud', version: '3' })
  workers.started()
  workers.exited('deadline')
  workers.trackMemory(() => 1e6)
  const { http, grpc } = createTransportMetrics(sink)
  http.answered({ route: '/models/:model/predict', method: 'POST', status: 404, code: 'MODEL_UNKNOWN', durationMs: 1 })
  grpc.answered({ path: '/inference.GRPCInferenceService/ModelInfer', code: null, durationMs: 1 })
  const page = await sink.exposition()
  sink.close()
  return page
}

describe('the Prometheus sink', () => {
  it('prints what was measured in the text format', async () => {
    const page = await measured()
    expect(page).toContain('slipway_requests_total{model="fraud",version="3",route="oip",code="OK",source="mixed"} 1')
    expect(page).toContain('slipway_request_duration_seconds_bucket{model="fraud",version="3",le="0.0025"} 0')
    expect(page).toContain('slipway_request_duration_seconds_bucket{model="fraud",version="3",le="0.005"} 1')
    expect(page).toContain('slipway_request_duration_seconds_bucket{model="fraud",version="3",le="+Inf"} 1')
    expect(page).toContain('slipway_stage_duration_seconds_count{model="fraud",version="3",stage="run"} 1')
    expect(page).toContain('slipway_stage_duration_seconds_sum{model="fraud",version="3",stage="run"} 0.003')
    expect(page).toContain('slipway_guard_total{model="fraud",guard="INPUT_RANGE:amount",action="fallback"} 1')
    expect(page).toContain('slipway_fallback_total{model="fraud",reason="INPUT_RANGE"} 1')
    expect(page).toContain('slipway_predictions_total{model="fraud",output="risk",class="high"} 1')
    expect(page).toContain('slipway_inflight_requests{model="fraud",version="3"} 4')
    expect(page).toContain('slipway_queue_depth{model="fraud",version="3"} 2')
    expect(page).toContain(`slipway_model_info{model="fraud",version="3",digest="${identity.digest}",alias="champion"} 1`)
    expect(page).toContain('slipway_worker_exits_total{model="fraud",version="3",reason="deadline"} 1')
    expect(page).toContain('slipway_http_requests_total{route="/models/:model/predict",method="POST",code="MODEL_UNKNOWN"} 1')
    expect(page).toContain('slipway_grpc_calls_total{method="inference.GRPCInferenceService/ModelInfer",code="OK"} 1')
    expect(page).toContain('process_resident_memory_bytes')
  })

  it('keeps the label values of callers inside their quotes', async () => {
    const sink = await createPrometheusSink({ processMetrics: false })
    sink.counter(servingMetrics.loadFailures).with({ model: 'a"}\n evil 1', code: '\\' }).add(1)
    expect(await sink.exposition()).toContain('slipway_model_load_failures_total{model="a\\"}\\n evil 1",code="\\\\"} 1')
  })

  const tool = 'promtool'
  const installed = spawnSync(tool, ['--version']).error === undefined
  const required = process.env['CI'] === 'true'
  it.skipIf(!installed && !required)('passes `promtool check metrics` (skipped when promtool is not installed)', async () => {
    const checked = spawnSync(tool, ['check', 'metrics'], { input: await measured(), encoding: 'utf8' })
    expect(`${checked.stdout}${checked.stderr}`).toBe('')
    expect(checked.status).toBe(0)
  })
})
