import { afterEach, describe, expect, it } from 'vitest'
import { linearModel, nanModel } from '../../test/fixtures/models.js'
import { openModel, silent } from '../../test/fixtures/open-predictor.js'
import type { OpenOptions } from '../../test/fixtures/open-predictor.js'
import { SlipwayError } from '../core/errors.js'
import { number } from '../core/fields.js'
import type { Executor } from '../core/ports.js'
import { defineModel } from '../model/define-model.js'
import type { ModelDefinition } from '../model/definition.js'
import { createAccumulators } from '../monitoring/accumulators.js'
import type { Accumulators } from '../monitoring/accumulators.js'
import type { Reply } from './data-plane.js'
import { recordGolden } from './golden.js'
import { ServedVersion } from './served-version.js'

const served: ServedVersion[] = []
let now = 0
const clock = { now: () => 1000 + now, monotonic: () => now }

afterEach(async () => {
  for (const version of served.splice(0)) await version.retire(() => null)
})

async function open(bytes: Uint8Array, options: OpenOptions & { readonly metrics?: Accumulators } = {}): Promise<ServedVersion> {
  const { metrics = createAccumulators() } = options
  const version = new ServedVersion(await openModel(bytes, { clock, ...options }), { clock, metrics, logger: silent, limits: {} })
  served.push(version)
  return version
}

function submit(version: ServedVersion, ...rows: readonly object[]): Promise<Reply> {
  return version.submit((builder) => rows.forEach((row) => builder.appendRow(row)), { route: 'oip', requestId: 'r' })
}

describe('a served version', () => {
  it('says what it is, and which aliases point at it now', async () => {
    const version = await open(linearModel(), { name: 'fraud', version: '7' })
    expect(version.info).toMatchObject({ name: 'fraud', version: '7', aliases: [], engine: 'onnxruntime-node', description: null })
    expect(version.info.graphInputs).toEqual([{ name: 'x', dtype: 'float32', shape: [null, 4] }])
    expect(Object.keys(version.info.signature.input)).toEqual(['x'])
    version.setAliases(['champion'])
    expect(version.info.aliases).toEqual(['champion'])
  })

  it('counts what it answers in its statistics and in the metrics', async () => {
    const metrics = createAccumulators()
    const version = await open(linearModel(), { metrics })
    await submit(version, { x: [1, 2, 3, 4] }, { x: 'bad' })
    await submit(version, { x: [1] })
    expect(version.statistics()).toMatchObject({
      lastInferenceMs: 1000,
      inferenceCount: 2,
      executionCount: 2,
      success: { count: 1 },
      fail: { count: 1 },
      batches: [{ rows: 1 }, { rows: 2 }],
    })
    const requests = metrics.families().find(({ spec }) => spec.name === 'slipway_requests_total')
    const labels = requests?.read().map((series) => [series.labels['route'], series.labels['code'], series.labels['source']])
    expect(labels).toEqual([
      ['oip', 'OK', 'mixed'],
      ['oip', 'INPUT_SHAPE', 'none'],
    ])
  })

  it('passes its self-test on a golden row, and on a made-up one where there is none', async () => {
    const opened = await openModel(linearModel())
    const golden = await recordGolden(opened.predictor, [{ x: [1, 2, 3, 4] }])
    await opened.predictor.close()
    expect(await (await open(linearModel(), { golden })).selfTest()).toBe(true)
    expect(await (await open(linearModel())).selfTest()).toBe(true)
  })

  it('fails its self-test when the model cannot run, or no longer answers a golden row', async () => {
    const lost = (executor: Executor): Executor => ({
      execute: () => Promise.reject(new SlipwayError('WORKER_LOST', 'gone')),
      close: () => executor.close(),
    })
    expect(await (await open(linearModel(), { around: lost })).selfTest()).toBe(false)
    const golden = { rows: [{ x: [1] }], outputs: [{ y: 1 }], sources: ['model'] }
    expect(await (await open(linearModel(), { golden })).selfTest()).toBe(false)
  })

  it('does not hold it against the model that a made-up row is not fit for it', async () => {
    const definition = defineModel({ name: 'm', artifact: 'm.onnx', input: { x: number({ min: 0, max: 0 }) }, output: { y: number() } })
    const version = await open(nanModel(), { definition: definition as unknown as ModelDefinition })
    const { prediction } = await submit(version, { x: 0 })
    expect(prediction.issues?.get(0)?.[0]?.code).toBe('OUTPUT_FINITE')
    now += 5000
    expect(await version.selfTest()).toBe(true)
  })

  it('refuses golden examples that are no examples', async () => {
    const opened = await openModel(linearModel(), { golden: { rows: [1] } })
    expect(() => new ServedVersion(opened, { clock, metrics: createAccumulators(), logger: silent, limits: {} })).toThrow('golden examples')
    await opened.predictor.close()
  })

  it('refuses requests after it has ended, where there is no successor', async () => {
    const version = await open(linearModel())
    await version.retire(() => null)
    await expect(submit(version, { x: [1, 2, 3, 4] })).rejects.toMatchObject({ code: 'NOT_READY' })
    expect(await version.selfTest()).toBe(false)
  })
})
