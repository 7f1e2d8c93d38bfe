import { setImmediate as turn } from 'node:timers/promises'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { imageModel, linearModel, rangeModel } from '../../test/fixtures/models.js'
import { Gate, openModel } from '../../test/fixtures/open-predictor.js'
import type { OpenOptions } from '../../test/fixtures/open-predictor.js'
import { systemClock } from '../core/clock.js'
import type { Column } from '../core/frame.js'
import { frameToRows } from '../core/frame-rows.js'
import { number, tensor } from '../core/fields.js'
import type { InputFrame } from '../core/prediction.js'
import { defineModel } from '../model/define-model.js'
import type { ModelDefinition } from '../model/definition.js'
import type { Predictor } from '../model/predictor.js'
import { createAccumulators } from '../monitoring/accumulators.js'
import { createModelMetrics } from '../monitoring/model-metrics.js'
import { sharingOf } from './batch-assembler.js'
import { createBatchObserver } from './batch-observer.js'
import { Batcher } from './batcher.js'
import type { BatcherOptions } from './batcher.js'
import type { Reply } from './data-plane.js'
import { StatisticsRecorder } from './statistics.js'

const context = { route: 'native', requestId: 'r' }

interface Opened {
  readonly batcher: Batcher
  readonly predictor: Predictor
  readonly statistics: StatisticsRecorder
  readonly predict: (...rows: unknown[]) => Promise<Reply>
}

const opened: Opened[] = []
afterEach(async () => {
  for (const { batcher, predictor } of opened.splice(0)) {
    batcher.close()
    await predictor.close()
  }
})

async function open(bytes: Uint8Array, options: OpenOptions & { readonly batching?: Partial<BatcherOptions> } = {}): Promise<Opened> {
  const { predictor, maxBatchRows } = await openModel(bytes, options)
  const { definition, identity } = predictor
  const statistics = new StatisticsRecorder()
  const metrics = createModelMetrics(createAccumulators(), identity, definition)
  const batcher = new Batcher(predictor, {
    clock: systemClock,
    observer: createBatchObserver(statistics, metrics, systemClock),
    concurrency: 1,
    maxBatchRows,
    maxQueuedRows: 1000,
    maxQueuedRequests: 100,
    deadlineMs: 20_000,
    abortable: false,
    sharing: sharingOf(definition),
    ...options.batching,
  })
  const predict = (...rows: unknown[]): Promise<Reply> =>
    batcher.submit((builder) => rows.forEach((row) => builder.appendRow(row)), context)
  const made = { batcher, predictor, statistics, predict }
  opened.push(made)
  return made
}

/** y = 0.1 a + 0.2 b + 1 */
function linear(change: object = {}): ModelDefinition {
  const input = { a: number({ max: 100 }), b: number() }
  const preprocess = ({ columns: { a, b } }: { columns: Record<'a' | 'b', Column> }): Record<string, Float32Array> => {
    return { x: Float32Array.from({ length: a.data.length * 2 }, (_, i) => Number((i % 2 === 0 ? a : b).data[i >> 1])) }
  }
  const options = { name: 'm', artifact: 'm.onnx', input, output: { y: number() }, preprocess, ...change }
  return defineModel(options as never) as unknown as ModelDefinition
}
const model = linearModel({ inputs: 2 })
const heuristic = { fallback: () => ({ y: -1 }) }

function answers({ prediction, start, count }: Reply): unknown[] {
  const rows = frameToRows(prediction.frame, { y: number({ optional: true }) })
  return rows.slice(start, start + count).map((row, i) => {
    const source = prediction.sourceNames[prediction.sources[start + i] ?? 0]
    const issues = prediction.issues?.get(start + i)?.map(({ code }) => code)
    return source === 'none' ? issues : [Number((row as { y: number }).y.toFixed(3)), source]
  })
}

function frameOf(a: readonly number[], b: readonly number[]): InputFrame {
  const column = (values: readonly number[]): Column => ({ dtype: 'float64', shape: [], data: Float64Array.from(values), validity: null })
  return { frame: { length: a.length, columns: { a: column(a), b: column(b) } }, issues: [] }
}

describe('a batcher', () => {
  it('runs the requests of one turn of the event loop as one frame', async () => {
    const gate = new Gate()
    gate.open()
    const { predict, statistics } = await open(model, { definition: linear(), around: (executor) => gate.before(executor) })
    const replies = await Promise.all([predict({ a: 1, b: 0 }), predict({ a: 2, b: 0 }, { a: 3, b: 0 }), predict({ a: 4, b: 0 })])
    expect(replies.map(answers)).toEqual([
      [[1.1, 'model']],
      [
        [1.2, 'model'],
        [1.3, 'model'],
      ],
      [[1.4, 'model']],
    ])
    expect(new Set(replies.map(({ prediction }) => prediction)).size).toBe(1)
    expect(gate.sizes).toEqual([4])
    expect(statistics.read()).toMatchObject({ inferenceCount: 4, executionCount: 1, success: { count: 3 }, queue: { count: 3 } })
  })

  it('starts an idle model in the same turn, and lets the next frame grow while it runs', async () => {
    const gate = new Gate()
    const { predict } = await open(model, { definition: linear(), around: (executor) => gate.before(executor) })
    const first = predict({ a: 0, b: 0 })
    await turn()
    expect(gate.sizes).toEqual([1])
    const rest: Promise<Reply>[] = []
    for (let i = 1; i <= 5; i++) {
      rest.push(predict({ a: i, b: 0 }))
      await turn()
    }
    expect(gate.sizes).toEqual([1])
    gate.open()
    expect(answers(await first)).toEqual([[1, 'model']])
    expect((await Promise.all(rest)).flatMap(answers)).toEqual([1, 2, 3, 4, 5].map((i) => [1 + i / 10, 'model']))
    expect(gate.sizes).toEqual([1, 5])
  })

  it('fills frames up to the limit and no further; a larger request is a frame of its own', async () => {
    const gate = new Gate()
    gate.open()
    const { predict } = await open(model, {
      definition: linear(),
      around: (executor) => gate.before(executor),
      batching: { maxBatchRows: 4 },
    })
    const rows = (count: number): object[] => Array.from({ length: count }, (_, i) => ({ a: i, b: count }))
    const replies = await Promise.all([3, 2, 1, 9, 1].map((count) => predict(...rows(count))))
    for (const [i, count] of [3, 2, 1, 9, 1].entries()) {
      expect(answers(replies[i]!)).toEqual(rows(count).map((_, row) => [Number((1 + row / 10 + count / 5).toFixed(3)), 'model']))
    }
    expect(gate.sizes).toEqual([3, 3, 9, 1])
  })

  it('runs as many frames at the same time as there are workers', async () => {
    const gate = new Gate()
    const { predict } = await open(model, {
      definition: linear(),
      around: (executor) => gate.before(executor),
      batching: { concurrency: 2, maxBatchRows: 1 },
    })
    const replies = [1, 2, 3].map((a) => predict({ a, b: 0 }))
    await turn()
    expect(gate.waiting).toBe(2)
    gate.open()
    expect((await Promise.all(replies)).flatMap(answers)).toEqual([
      [1.1, 'model'],
      [1.2, 'model'],
      [1.3, 'model'],
    ])
  })

  it('takes back the rows of a request whose filling throws, and rejects with what it threw', async () => {
    const { batcher, predict, statistics } = await open(model, { definition: linear() })
    const before = predict({ a: 1, b: 0 })
    const broken = batcher.submit((builder) => {
      builder.appendRow({ a: 5, b: 5 })
      throw new RangeError('no more')
    }, context)
    const after = predict({ a: 2, b: 0 })
    await expect(broken).rejects.toThrow('no more')
    expect([...answers(await before), ...answers(await after)]).toEqual([
      [1.1, 'model'],
      [1.2, 'model'],
    ])
    await expect(predict()).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    expect(statistics.read()).toMatchObject({ inferenceCount: 2, success: { count: 2 }, fail: { count: 2 } })
  })

  it('passes a frame on without a copy when it is alone, and joins it when it is not', async () => {
    const seen: Column[] = []
    const { batcher, predict } = await open(model, {
      definition: linear(),
      around: (executor) => ({
        execute: (frame, options) => {
          seen.push(frame.columns['a']!)
          return executor.execute(frame, options)
        },
        close: () => executor.close(),
      }),
    })
    const frame = frameOf([1, 2], [0, 0])
    expect(answers(await batcher.submitFrame(frame, context))).toEqual([
      [1.1, 'model'],
      [1.2, 'model'],
    ])
    expect(seen[0]?.data).toBe(frame.frame.columns['a']!.data)
    const replies = await Promise.all([
      batcher.submitFrame(frame, context),
      predict({ a: 3, b: 0 }),
      batcher.submitFrame(frameOf([4], [0]), context),
    ])
    expect(replies.flatMap(answers)).toEqual([1.1, 1.2, 1.3, 1.4].map((y) => [y, 'model']))
    expect(seen.map(({ data }) => data.length)).toEqual([2, 4])
  })

  it('runs only rows of equal shapes together where the signature leaves shapes open', async () => {
    const gate = new Gate()
    gate.open()
    const definition = defineModel({
      name: 'm',
      artifact: 'm.onnx',
      input: { image: tensor({ dtype: 'float32', shape: [3, null, null] }) },
      output: { logits: tensor({ dtype: 'float32', shape: [2] }) },
    }) as unknown as ModelDefinition
    const { predict } = await open(imageModel({ dynamic: true }), { definition, around: (executor) => gate.before(executor) })
    const image = (size: number, value: number): object => ({
      image: Array.from({ length: 3 }, (_, channel) => Array.from({ length: size }, () => Array<number>(size).fill(value + channel))),
    })
    const replies = await Promise.all([
      predict(image(2, 1)),
      predict(image(3, 2)),
      predict(image(2, 3)),
      predict({ image: 'bad' }),
      predict(image(3, 4)),
    ])
    const logits = replies.map(({ prediction, start }) => {
      const { data } = prediction.frame.columns['logits']!
      return prediction.sources[start] === 0 ? null : Array.from(data.slice(start * 2, start * 2 + 2) as Float32Array)
    })
    expect(logits).toEqual([[3, 5], [5, 7], [7, 9], null, [9, 11]])
    expect(gate.sizes).toEqual([2, 2])
  })

  it('runs every request alone where the shape of an output is open', async () => {
    const gate = new Gate()
    gate.open()
    const { batcher, predict } = await open(rangeModel(), { around: (executor) => gate.before(executor) })
    const frame = (size: bigint): InputFrame => ({
      frame: { length: 1, columns: { x: { dtype: 'int64', shape: [], data: BigInt64Array.of(size), validity: null } } },
      issues: [],
    })
    const replies = await Promise.all([
      predict({ x: 2 }),
      predict({ x: 4 }),
      predict({ x: 'bad' }),
      predict({ x: 2 }),
      batcher.submitFrame(frame(3n), context),
      batcher.submitFrame(frame(1n), context),
    ])
    const outputs = replies.map(({ prediction, start, count }) => {
      expect([start, count, prediction.length]).toEqual([0, 1, 1])
      return prediction.sources[0] === 0 ? null : Array.from(prediction.frame.columns['y']!.data as BigInt64Array, Number)
    })
    expect(outputs).toEqual([[0, 1], [0, 1, 2, 3], null, [0, 1], [0, 1, 2], [0]])
    expect(gate.sizes).toEqual([1, 1, 1, 1, 1])
  })

  it('gives every request the answers that it would get alone, for any mix of good and bad rows', async () => {
    const value = fc.oneof(fc.integer({ min: -1000, max: 200 }), fc.constantFrom('5', null, Number.NaN, Infinity, true, undefined))
    const row = fc.oneof(fc.record({ a: value, b: value }), fc.record({ a: value, c: value }), fc.constantFrom(null, 5, 'row', []))
    const { predict } = await open(model, { definition: linear(heuristic), batching: { maxBatchRows: 7 } })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(row, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 8 }), async (requests) => {
        const together = await Promise.all(requests.map((rows) => predict(...rows)))
        const alone: unknown[] = []
        for (const rows of requests) for (const one of rows) alone.push(...answers(await predict(one)))
        expect(together.flatMap(answers)).toEqual(alone)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a busy batcher', () => {
  async function busy(
    options: OpenOptions & { readonly batching?: Partial<BatcherOptions> } = {},
  ): Promise<Opened & { gate: Gate; first: Promise<Reply> }> {
    const gate = new Gate()
    const made = await open(model, { definition: linear(heuristic), ...options, around: (executor) => gate.before(executor) })
    const first = made.predict({ a: 0, b: 0 })
    await turn()
    return { ...made, gate, first }
  }

  it('refuses requests and rows beyond its bounds', async () => {
    const { predict, gate, batcher } = await busy({ batching: { maxQueuedRequests: 3, maxQueuedRows: 5 } })
    const taken = [predict({ a: 1, b: 0 }), predict({ a: 1, b: 0 }), predict({ a: 1, b: 0 })]
    await expect(predict({ a: 1, b: 0 })).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    expect([batcher.queued, batcher.unanswered]).toEqual([3, 4])
    gate.open()
    await Promise.all(taken)
    expect([batcher.queued, batcher.unanswered]).toEqual([0, 0])
  })

  it('refuses rows beyond its bounds', async () => {
    const { predict, gate } = await busy({ batching: { maxQueuedRequests: 30, maxQueuedRows: 5 } })
    const taken = predict(...Array.from({ length: 5 }, () => ({ a: 1, b: 0 })))
    await expect(predict({ a: 1, b: 0 })).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    gate.open()
    await taken
  })

  it('refuses a request with more rows than may wait, however it comes, and its neighbours do not notice', async () => {
    const { batcher, predict } = await open(model, { definition: linear(), batching: { maxQueuedRows: 5 } })
    const neighbour = predict({ a: 1, b: 0 })
    const six = Array.from({ length: 6 }, (_, i) => i)
    const message = 'this request has 6 rows, at most 5 are answered at once; send several requests'
    await expect(predict(...six.map((a) => ({ a, b: 0 })))).rejects.toMatchObject({ code: 'TOO_MANY_ELEMENTS', message })
    await expect(batcher.submitFrame(frameOf(six, six), context)).rejects.toMatchObject({ code: 'TOO_MANY_ELEMENTS', message })
    expect(answers(await neighbour)).toEqual([[1.1, 'model']])
    expect([batcher.queued, batcher.unanswered]).toEqual([0, 0])
  })

  it('answers late requests by the fallback while others go on', async () => {
    const { batcher, predict, gate, first } = await busy()
    const patient = predict({ a: 1, b: 0 })
    const hurried = batcher.submit((builder) => builder.appendRow({ a: 2, b: 0 }), { ...context, timeoutMs: 20 })
    const invalid = batcher.submit((builder) => builder.appendRow({ a: 101, b: 0 }), { ...context, timeoutMs: 20 })
    expect(answers(await hurried)).toEqual([[-1, 'fallback:heuristic']])
    expect((await hurried).prediction.issues?.get(0)?.map(({ code }) => code)).toEqual(['DEADLINE'])
    expect(answers(await invalid)).toEqual([['INPUT_RANGE']])
    expect(gate.sizes).toEqual([1])
    gate.open()
    expect(answers(await first)).toEqual([[1, 'model']])
    expect(answers(await patient)).toEqual([[1.1, 'model']])
  })

  it('answers a late request whose run is under way, and forgets what the run says then', async () => {
    const { predict, gate, first, statistics } = await busy({ definition: linear(heuristic), batching: { deadlineMs: 30 } })
    const second = predict({ a: 5, b: 0 })
    expect(answers(await first)).toEqual([[-1, 'fallback:heuristic']])
    expect(answers(await second)).toEqual([[-1, 'fallback:heuristic']])
    gate.open()
    expect(answers(await predict({ a: 6, b: 0 }))).toEqual([[1.6, 'model']])
    expect(statistics.read().success.count).toBe(3)
  })

  it('answers DEADLINE where there is no fallback', async () => {
    const { first, gate } = await busy({ definition: linear(), batching: { deadlineMs: 20 } })
    expect(answers(await first)).toEqual([['DEADLINE']])
    gate.open()
  })

  it('stops a run that takes longer than the deadline where it can be stopped, and goes on', async () => {
    const gate = new Gate()
    const aborted: unknown[] = []
    const { predict } = await open(model, {
      definition: linear(heuristic),
      batching: { deadlineMs: 30, abortable: true },
      around: (executor) => {
        const gated = gate.before(executor)
        return {
          execute: (frame, options) => {
            options.signal?.addEventListener('abort', () => aborted.push(frame.length), { once: true })
            return gated.execute(frame, options)
          },
          close: () => gated.close(),
        }
      },
    })
    const startedAt = performance.now()
    expect(answers(await predict({ a: 1, b: 0 }))).toEqual([[-1, 'fallback:heuristic']])
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(30)
    await vi.waitFor(() => expect(aborted).toEqual([1]))
    gate.open()
    expect(answers(await predict({ a: 2, b: 0 }))).toEqual([[1.2, 'model']])
  })

  it('does not stop a run because of the time that its requests had waited before', async () => {
    const aborted: unknown[] = []
    const gate = new Gate()
    const { predict } = await open(model, {
      definition: linear(heuristic),
      batching: { deadlineMs: 200, abortable: true },
      around: (executor) => {
        const gated = gate.before(executor)
        return {
          execute: (frame, options) => {
            options.signal?.addEventListener('abort', () => aborted.push(frame.length), { once: true })
            return gated.execute(frame, options)
          },
          close: () => gated.close(),
        }
      },
    })
    void predict({ a: 1, b: 0 })
    await turn()
    const second = predict({ a: 2, b: 0 })
    await new Promise((resolve) => setTimeout(resolve, 120))
    gate.next()
    await vi.waitFor(() => expect(gate.waiting).toBe(1))
    expect(answers(await second)).toEqual([[-1, 'fallback:heuristic']])
    expect(aborted).toEqual([])
    gate.open()
  })

  it('drops a frame that nobody waits for any more', async () => {
    const { batcher, gate, first } = await busy()
    const controller = new AbortController()
    const gone = batcher.submit((builder) => builder.appendRow({ a: 1, b: 0 }), { ...context, signal: controller.signal })
    controller.abort()
    gate.open()
    await first
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(gate.sizes).toEqual([1])
  })

  it('is drained when everything that it took is answered', async () => {
    const { batcher, predict, gate, first } = await busy()
    const order: string[] = []
    const second = predict({ a: 1, b: 0 }).then(() => order.push('answered'))
    const drained = batcher.drained().then(() => order.push('drained'))
    await turn()
    expect(order).toEqual([])
    gate.open()
    await Promise.all([first, second, drained])
    expect(order).toEqual(['answered', 'drained'])
    await batcher.drained()
  })

  it('refuses what waits when it closes, and what comes after', async () => {
    const { batcher, predict, gate, first } = await busy()
    const waiting = predict({ a: 1, b: 0 })
    batcher.close()
    await expect(waiting).rejects.toMatchObject({ code: 'NOT_READY' })
    await expect(predict({ a: 1, b: 0 })).rejects.toMatchObject({ code: 'NOT_READY' })
    gate.open()
    expect(answers(await first)).toEqual([[1, 'model']])
  })
})
