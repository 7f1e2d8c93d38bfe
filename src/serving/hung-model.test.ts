import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopTimesModel } from '../../test/fixtures/loop-times-model.js'
import { silent } from '../../test/fixtures/open-predictor.js'
import { systemClock } from '../core/clock.js'
import { number } from '../core/fields.js'
import { createWorkerPool } from '../drivers/worker-process/worker-pool.js'
import type { WorkerPool } from '../drivers/worker-process/worker-pool.js'
import { defineModel } from '../model/define-model.js'
import type { ModelDefinition } from '../model/definition.js'
import { createPredictor } from '../model/predictor.js'
import { createAccumulators } from '../monitoring/accumulators.js'
import type { Reply } from './data-plane.js'
import { ServedVersion } from './served-version.js'

const deadlineMs = 150
const forever = 1e18
let directory: string
let pool: WorkerPool
let served: ServedVersion

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-hung-'))
  await writeFile(join(directory, 'model.onnx'), loopTimesModel())
  pool = await createWorkerPool({
    entry: new URL('../drivers/worker-process/worker-main.ts', import.meta.url),
    load: {
      directory,
      threads: 1,
      loader: new URL('../../test/fixtures/model-loader.ts', import.meta.url).href,
      parameters: { file: 'model.onnx' },
    },
    workers: 1,
    memoryLimitMb: 1000,
    startTimeoutMs: 20_000,
    execArgv: ['--import', import.meta.resolve('tsx')],
  })
  const options = { name: 'm', artifact: 'model.onnx', input: { x: number() }, output: { y: number() }, fallback: () => ({ y: -1 }) }
  const definition = defineModel({ ...options, guard: { deadlineMs } }) as unknown as ModelDefinition
  const identity = { name: 'm', version: '1', digest: 'sha256:0' }
  let ids = 0
  const predictor = createPredictor({ definition, identity, executor: pool, clock: systemClock, ids: () => `p${ids++}`, logger: silent })
  const graph = { graphInputs: [], graphOutputs: [], engine: 'onnxruntime-node', golden: null }
  const opened = { predictor, ...graph, maxBatchRows: 1, isolation: 'process', concurrency: pool.concurrency } as const
  served = new ServedVersion(opened, { clock: systemClock, metrics: createAccumulators(), logger: silent, limits: {} })
  await served.warmUp()
})
afterAll(async () => {
  await served.retire(() => null)
  await rm(directory, { recursive: true })
})

function ask(x: number): Promise<Reply> {
  return served.submit((builder) => builder.appendRow({ x }), { route: 'native', requestId: 'r' })
}

/** The spare, too, has loaded the model. */
async function spareIsUp(): Promise<void> {
  await expect.poll(() => pool.loaded(), { timeout: 10_000 }).toBe(2)
}

function answerOf({ prediction, start }: Reply): unknown {
  return [prediction.frame.columns['y']?.data[start], prediction.sourceNames[prediction.sources[start] ?? 0]]
}

describe('a model that hangs on some rows', () => {
  it('is answered by the fallback within the deadline and 20 ms, and the next request by a new worker', { retry: 2 }, async () => {
    await spareIsUp()
    expect(answerOf(await ask(5))).toEqual([10, 'model'])
    const before = pool.pids()
    const startedAt = performance.now()
    const late = await ask(forever)
    const tookMs = performance.now() - startedAt
    expect(answerOf(late)).toEqual([-1, 'fallback:heuristic'])
    expect(late.prediction.issues?.get(late.start)?.[0]?.code).toBe('DEADLINE')
    expect(tookMs).toBeGreaterThanOrEqual(deadlineMs - 1)
    expect(tookMs).toBeLessThan(deadlineMs + 20)
    expect(answerOf(await ask(6))).toEqual([12, 'model'])
    await spareIsUp()
    expect(pool.pids().filter((pid) => before.includes(pid))).toHaveLength(1)
  })

  it('keeps the event loop of the gateway free meanwhile', async () => {
    await spareIsUp()
    const late = ask(forever)
    let longest = 0
    let last = performance.now()
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 1)
    await late
    clearInterval(timer)
    expect(longest).toBeLessThan(deadlineMs / 2)
  })

  it('still answers what is behind it in the queue, each within its own deadline', async () => {
    await spareIsUp()
    const replies = await Promise.all([ask(forever), ask(1), ask(2)])
    expect(answerOf(replies[0])).toEqual([-1, 'fallback:heuristic'])
    for (const [i, reply] of replies.slice(1).entries()) {
      expect([
        [-1, 'fallback:heuristic'],
        [2 * (i + 1), 'model'],
      ]).toContainEqual(answerOf(reply))
    }
    await expect.poll(async () => answerOf(await ask(3)), { timeout: 10_000 }).toEqual([6, 'model'])
  })
})
