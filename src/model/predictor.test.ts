import { afterEach, describe, expect, it } from 'vitest'
import * as models from '../../test/fixtures/models.js'
import { openSession } from '../../test/fixtures/open-session.js'
import { systemClock } from '../core/clock.js'
import type { ErrorCode } from '../core/errors.js'
import { SlipwayError } from '../core/errors.js'
import type { Fields } from '../core/field.js'
import { boolean, integer, number, tensor, text } from '../core/fields.js'
import type { Execution, Executor, Logger } from '../core/ports.js'
import { createMemoryFeatureStore } from '../drivers/memory/feature-store.js'
import type { Answer } from './answer.js'
import { answersOf, predictRows } from './answer.js'
import { defineModel } from './define-model.js'
import type { ModelDefinition } from './definition.js'
import { fallbackDefinition } from './execution-plan.js'
import { createLocalExecutor } from './local-executor.js'
import type { Predictor, PredictorOptions } from './predictor.js'
import { createPredictor } from './predictor.js'

const identity = { name: 'm', version: '1', digest: 'sha256:0' }
const open: Predictor[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((predictor) => predictor.close()))
})

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function predictorOf<I extends Fields, O extends Fields>(
  definition: ModelDefinition<I, O>,
  executor: Executor,
  options: Partial<PredictorOptions<I, O>> = {},
): Predictor<I, O> {
  let count = 0
  const ids = () => `frame${count++}`
  const predictor = createPredictor({ definition, identity, executor, clock: systemClock, ids, logger: quiet, ...options })
  open.push(predictor as unknown as Predictor)
  return predictor
}

async function load<I extends Fields, O extends Fields>(
  definition: ModelDefinition<I, O>,
  bytes: Uint8Array,
  options: Partial<PredictorOptions<I, O>> = {},
): Promise<Predictor<I, O>> {
  return predictorOf(definition, createLocalExecutor(definition, await openSession(bytes), { clock: systemClock }), options)
}

/** Hangs until it is told to stop, as a model in another process may. */
function hanging(): Executor & { readonly reasons: unknown[] } {
  const reasons: unknown[] = []
  return {
    reasons,
    execute: (_frame, { signal }) =>
      new Promise<Execution>((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          reasons.push(signal.reason)
          reject(signal.reason as Error)
        })
      }),
    close: async () => {},
  }
}

/** Fails every call with a code, and counts the calls. */
function failing(code: ErrorCode): Executor & { calls: number } {
  return {
    calls: 0,
    async execute() {
      this.calls++
      throw new SlipwayError(code, 'as told')
    },
    close: async () => {},
  }
}

function brief(answers: readonly Answer[]): unknown[] {
  return answers.map(({ output, source, codes }) => [output, source, ...codes])
}

const linear = { name: 'm', artifact: 'm.onnx', input: { a: number({ min: 0 }), b: number() }, output: { y: number({ max: 10 }) } }

describe('the six steps', () => {
  it('answer every row with its source, id and version', async () => {
    const predictor = await load(defineModel(linear), models.linearModel({ inputs: 2 }))
    const answers = await predictRows(predictor, [
      { a: 10, b: 20 },
      { a: 0, b: 0 },
    ])
    expect(answers).toEqual([
      { id: 'frame0-0', output: { y: 6 }, source: 'model', codes: [], issues: [], model: 'm', version: '1', digest: 'sha256:0' },
      { id: 'frame0-1', output: { y: 1 }, source: 'model', codes: [], issues: [], model: 'm', version: '1', digest: 'sha256:0' },
    ])
  })

  it('time each step', async () => {
    const predictor = await load(defineModel(linear), models.linearModel({ inputs: 2 }))
    const builder = predictor.createBuilder()
    builder.appendRow({ a: 1, b: 1 })
    const { timings } = await predictor.predict(builder.build())
    expect(Object.values(timings).every((ms) => ms >= 0 && ms < 1000)).toBe(true)
    expect(timings.runMs).toBeGreaterThan(0)
  })

  it('refuse bad rows and answer their neighbours', async () => {
    const predictor = await load(defineModel(linear), models.linearModel({ inputs: 2 }))
    const rows = [{ a: 1, b: 1 }, { a: -1, b: 1 }, { a: 'x', b: 1 }, { b: 1 }, null, { a: 1, b: 1, c: 2 }, { a: 90, b: 90 }, { a: 2, b: 1 }]
    const answers = await predictRows(predictor, rows as never)
    expect(brief(answers)).toEqual([
      [{ y: expect.closeTo(1.3, 5) }, 'model'],
      [null, 'none', 'INPUT_RANGE:a'],
      [null, 'none', 'INPUT_TYPE:a'],
      [null, 'none', 'INPUT_MISSING:a'],
      [null, 'none', 'INPUT_TYPE'],
      [null, 'none', 'INPUT_UNKNOWN'],
      [null, 'none', 'OUTPUT_RANGE:y'],
      [{ y: expect.closeTo(1.4, 5) }, 'model'],
    ])
    expect(answers[1]!.error).toEqual({
      code: 'INPUT_RANGE',
      message: 'expected a number of at least 0 for input `a`, received -1',
      field: 'a',
    })
  })

  it('let a warning pass with its code', async () => {
    const definition = defineModel({ ...linear, input: { a: number({ min: 0, onFail: 'warn' }), b: number() } })
    const predictor = await load(definition, models.linearModel({ inputs: 2 }))
    expect(brief(await predictRows(predictor, [{ a: -10, b: 0 }]))).toEqual([[{ y: 0 }, 'model', 'INPUT_RANGE:a']])
  })

  it('answer nothing for no rows', async () => {
    const predictor = await load(defineModel(linear), models.linearModel({ inputs: 2 }))
    expect(await predictRows(predictor, [])).toEqual([])
  })

  it('run rows of different tensor shapes one by one', async () => {
    const definition = defineModel({
      name: 'm',
      artifact: 'm.onnx',
      input: { image: tensor({ dtype: 'float32', shape: [3, null, null] }) },
      output: { logits: tensor({ dtype: 'float32', shape: [2] }) },
    })
    const predictor = await load(definition, models.imageModel({ dynamic: true }))
    const image = (size: number) => [1, 2, 3].map((value) => Array.from({ length: size }, () => Array.from({ length: size }, () => value)))
    const answers = await predictRows(predictor, [{ image: image(2) }, { image: image(4) }])
    expect(answers.map(({ output }) => output)).toEqual([{ logits: Float32Array.of(3, 5) }, { logits: Float32Array.of(3, 5) }])
  })

  it('answer with data of their own, though postprocess hands an input on', async () => {
    const input = { a: number({ optional: true }), b: number(), v: tensor({ dtype: 'int16', shape: [2] }) }
    const definition = defineModel({
      ...linear,
      input,
      output: { a: number({ optional: true }), last: number(), v: tensor({ dtype: 'int16', shape: [2] }) },
      preprocess: ({ columns, length }) => ({ x: Float32Array.from({ length: length * 2 }, (_, i) => columns.b.data[i >> 1]!) }),
      postprocess: (_, { columns }) => ({ a: columns.a, last: columns.b.data.subarray(), v: columns.v }),
    })
    const predictor = await load(definition, models.linearModel({ inputs: 2 }))
    const builder = predictor.createBuilder()
    for (const row of [
      { a: 1, b: 2, v: [3, 4] },
      { b: 5, v: [6, 7] },
    ])
      builder.appendRow(row)
    const prediction = await predictor.predict(builder.build())
    builder.reset()
    for (const a of [9, 9]) builder.appendRow({ a, b: 9, v: [9, 9] })
    builder.build()
    expect(answersOf(prediction, definition.output).map(({ output }) => output)).toEqual([
      { a: 1, last: 2, v: Int16Array.of(3, 4) },
      { a: null, last: 5, v: Int16Array.of(6, 7) },
    ])
  })

  it('refuse calls once closed, after those under way have ended', async () => {
    const predictor = await load(defineModel(linear), models.linearModel({ inputs: 2 }))
    const running = predictRows(predictor, [{ a: 1, b: 1 }])
    await predictor.close()
    expect((await running)[0]!.source).toBe('model')
    await expect(predictRows(predictor, [{ a: 1, b: 1 }])).rejects.toThrow(expect.objectContaining({ code: 'NOT_READY' }))
  })
})

describe('gathering', () => {
  const definition = defineModel({
    name: 'm',
    artifact: 'm.onnx',
    input: { a: number(), b: number({ max: 100 }), c: number({ optional: true }) },
    output: { y: number({ allowNonFinite: true }) },
    gather: { cards: { key: 'card', features: ['b'] }, shops: { key: 'shop', features: ['c'] } },
    preprocess: ({ columns, length }) => ({
      x: Float32Array.from({ length: length * 2 }, (_, i) => (i % 2 === 0 ? columns.a.data[i / 2]! : columns.b.data[(i - 1) / 2]!)),
    }),
  })

  async function filled(): Promise<ReturnType<typeof createMemoryFeatureStore>> {
    const store = createMemoryFeatureStore()
    await store.putMany('cards', [
      ['k1', { b: 10 }],
      ['k2', { b: 'wrong' }],
      ['k3', { b: 1000 }],
      ['k4', {}],
    ])
    await store.put('shops', 's1', { c: 1 })
    return store
  }

  it('looks up only what rows lack, once for each key, and checks what it finds', async () => {
    const store = await filled()
    const asked: [string, readonly string[]][] = []
    const features = {
      get: async (table: string, keys: readonly string[], names: readonly string[], options: { signal?: AbortSignal }) => {
        asked.push([table, keys])
        return store.get(table, keys, names, options)
      },
      close: async () => {},
    }
    const predictor = await load(definition, models.linearModel({ inputs: 2 }), { features })
    const rows = [
      { a: 0, b: 20, card: 'k1', c: 1 },
      { a: 0, card: 'k1', c: 1 },
      { a: 10, card: 'k1', c: 1 },
      { a: 0, card: 'k2', c: 1 },
      { a: 0, card: 'k3', c: 1 },
      { a: 0, card: 'k4', c: 1 },
      { a: 0, card: 'unknown', c: 1 },
      { a: 0, c: 1 },
      { a: 'bad', card: 'k9', c: 1 },
    ]
    const answers = await predictRows(predictor, rows as never)
    expect(brief(answers)).toEqual([
      [{ y: 5 }, 'model'],
      [{ y: 3 }, 'model'],
      [{ y: 4 }, 'model'],
      [null, 'none', 'INPUT_TYPE:b'],
      [null, 'none', 'INPUT_RANGE:b'],
      [null, 'none', 'GATHER_MISSING:b'],
      [null, 'none', 'GATHER_MISSING:b'],
      [null, 'none', 'INPUT_MISSING:b'],
      [null, 'none', 'INPUT_TYPE:a'],
    ])
    expect(answers[6]!.error!.message).toBe(
      "expected a number of at most 100 for input `b`, received nothing from `cards` for the key 'unknown'",
    )
    expect(answers[7]!.error!.message).toContain('no `card` to look it up by')
    expect(asked).toEqual([['cards', ['k1', 'k2', 'k3', 'k4', 'unknown']]])
  })

  it('asks nothing when no row lacks anything', async () => {
    const predictor = await load(definition, models.linearModel({ inputs: 2 }), { features: null })
    expect(brief(await predictRows(predictor, [{ a: 0, b: 0, c: 0 }]))).toEqual([[{ y: 1 }, 'model']])
  })

  it('goes on without an optional feature, and stops at a required one, when the store fails', async () => {
    const failed: string[] = []
    const features = { get: () => Promise.reject(new Error('down')), close: async () => {} }
    const observer = { failed: (step: string) => failed.push(step) }
    const predictor = await load(definition, models.linearModel({ inputs: 2 }), { features, observer })
    const rows = [
      { a: 0, b: 0, shop: 's1' },
      { a: 0, card: 'k1', c: 1 },
    ]
    expect(brief(await predictRows(predictor, rows as never))).toEqual([
      [{ y: 1 }, 'model', 'GATHER_FAILED:shops'],
      [null, 'none', 'GATHER_FAILED:cards'],
    ])
    expect(failed.toSorted()).toEqual(['gather:cards', 'gather:shops'])
  })

  it('does not wait for the store longer than it may', async () => {
    const features = { get: () => new Promise<never>(() => {}), close: async () => {} }
    const predictor = await load(definition, models.linearModel({ inputs: 2 }), { features, gatherTimeoutMs: 5 })
    const [answer] = await predictRows(predictor, [{ a: 0, card: 'k1' } as never])
    expect(answer).toMatchObject({ source: 'none', error: { code: 'GATHER_FAILED', message: expect.stringContaining('in time') } })
  })
})

describe('the fallback ladder', () => {
  const withFallback = {
    ...linear,
    input: { a: number({ onFail: 'fallback', max: 1000 }), b: number() },
    fallback: [
      { name: 'small', artifact: './small.onnx' },
      {
        name: 'rule',
        answer: (row: { a: number }) => {
          if (row.a > 500) throw new Error('no idea')
          return { y: row.a > 100 ? 99 : 7 }
        },
      },
    ],
  } as const

  it('tries the next step for rows that one cannot answer, and checks every answer', async () => {
    const definition = defineModel(withFallback)
    const small = createLocalExecutor(
      fallbackDefinition(definition as unknown as ModelDefinition, definition.fallback[0] as never),
      await openSession(models.linearModel({ inputs: 2, input: 'in', output: 'out' })),
      {
        clock: systemClock,
      },
    )
    const failed: string[] = []
    const predictor = predictorOf(definition, failing('WORKER_LOST'), {
      fallbackExecutors: [small],
      observer: { failed: (step, code, rows) => failed.push(`${step} ${code} ${rows}`) },
    })
    const rows = [
      { a: 10, b: 0 },
      { a: 0, b: 90 },
      { a: 100.5, b: 90 },
      { a: 600, b: 0 },
    ]
    const answers = await predictRows(predictor, rows)
    expect(brief(answers)).toEqual([
      [{ y: 2 }, 'fallback:small', 'WORKER_LOST'],
      [{ y: 7 }, 'fallback:rule', 'WORKER_LOST'],
      [null, 'none', 'WORKER_LOST', 'FALLBACK_FAILED'],
      [null, 'none', 'WORKER_LOST', 'FALLBACK_FAILED'],
    ])
    expect(answers[2]!.error).toEqual({ code: 'FALLBACK_FAILED', message: 'no fallback could answer: small, rule', field: null })
    expect(failed).toEqual([
      'execute WORKER_LOST 4',
      'fallback:small OUTPUT_RANGE 3',
      'fallback:rule INTERNAL 1',
      'fallback:rule OUTPUT_RANGE 1',
    ])
  })

  it('answers rows whose inputs failed, with null for what could not be read', async () => {
    const seen: unknown[] = []
    const definition = defineModel({
      ...linear,
      input: { a: number({ onFail: 'fallback' }), b: number() },
      fallback: (row) => {
        seen.push(row)
        return { y: 3 }
      },
    })
    const predictor = await load(definition, models.linearModel({ inputs: 2 }))
    const answers = await predictRows(predictor, [{ a: 'text', b: 2 } as never, { a: 1, b: 1 }])
    expect(brief(answers)).toEqual([
      [{ y: 3 }, 'fallback:heuristic', 'INPUT_TYPE:a'],
      [{ y: expect.closeTo(1.3, 5) }, 'model'],
    ])
    expect(seen).toEqual([{ a: null, b: 2 }])
  })

  it('answers rows whose output fails, unless the definition refuses them', async () => {
    const fallback = () => ({ y: -1 })
    const bytes = models.linearModel({ inputs: 2 })
    const falls = await load(defineModel({ ...linear, fallback }), bytes)
    expect(brief(await predictRows(falls, [{ a: 99, b: 99 }]))).toEqual([[{ y: -1 }, 'fallback:heuristic', 'OUTPUT_RANGE:y']])
    const refuses = await load(defineModel({ ...linear, fallback, guard: { onOutputFail: 'reject' } }), bytes)
    expect(brief(await predictRows(refuses, [{ a: 99, b: 99 }]))).toEqual([[null, 'none', 'OUTPUT_RANGE:y']])
    const warns = await load(defineModel({ ...linear, fallback, guard: { onOutputFail: 'warn' } }), bytes)
    expect(brief(await predictRows(warns, [{ a: 99, b: 99 }]))[0]).toEqual([{ y: expect.closeTo(30.7, 4) }, 'model', 'OUTPUT_RANGE:y'])
  })

  it('refuses answers of a fallback that are no outputs', async () => {
    const wrong = ['text', { y: 'text' }, { y: 1, z: 2 }, {}, Promise.resolve({ y: 1 })]
    const definition = defineModel({ ...linear, fallback: (row) => wrong[row.a] as never })
    const predictor = predictorOf(definition, failing('NOT_READY'))
    const answers = await predictRows(
      predictor,
      wrong.map((_, a) => ({ a, b: 0 })),
    )
    expect(answers.map(({ source }) => source)).toEqual(wrong.map(() => 'none'))
    expect(new Set(answers.map(({ error }) => error!.code))).toEqual(new Set(['FALLBACK_FAILED']))
  })

  it('answers without the model when asked to, for rows that pass their checks', async () => {
    const definition = defineModel({ ...linear, fallback: () => ({ y: 5 }) })
    const predictor = predictorOf(definition, failing('INTERNAL'))
    const builder = predictor.createBuilder()
    builder.appendRow({ a: 1, b: 1 })
    builder.appendRow({ a: -1, b: 1 })
    const prediction = await predictor.fallback(builder.build(), 'QUEUE_FULL')
    expect(Array.from(prediction.sources, (source) => prediction.sourceNames[source])).toEqual(['fallback:heuristic', 'none'])
    expect(prediction.issues!.get(0)!.map(({ code, action }) => [code, action])).toEqual([['QUEUE_FULL', 'fallback']])
    expect(prediction.issues!.get(1)!.map(({ code }) => code)).toEqual(['INPUT_RANGE'])
  })
})

describe('deadlines', () => {
  it('are kept by the fallback, and the executor is told to stop', async () => {
    const executor = hanging()
    const definition = defineModel({ ...linear, guard: { deadlineMs: 5 }, fallback: () => ({ y: 5 }) })
    const predictor = predictorOf(definition, executor)
    const answers = await predictRows(predictor, [
      { a: 1, b: 1 },
      { a: -1, b: 1 },
    ])
    expect(brief(answers)).toEqual([
      [{ y: 5 }, 'fallback:heuristic', 'DEADLINE'],
      [null, 'none', 'INPUT_RANGE:a'],
    ])
    expect(executor.reasons).toEqual([expect.objectContaining({ code: 'DEADLINE' })])
  })

  it('are issues of every row where there is no fallback', async () => {
    const predictor = predictorOf(defineModel({ ...linear, guard: { deadlineMs: 5 } }), hanging())
    const [answer] = await predictRows(predictor, [{ a: 1, b: 1 }])
    expect(answer!.error).toEqual({ code: 'DEADLINE', message: 'the model did not answer within 5 ms', field: null })
  })

  it('come from the caller too, the earlier one counts, and one that has passed is not waited for', async () => {
    const executor = failing('INTERNAL')
    const predictor = predictorOf(defineModel({ ...linear, guard: { deadlineMs: 60_000 } }), executor)
    const deadlineAt = systemClock.monotonic() - 1
    const [answer] = await predictRows(predictor, [{ a: 1, b: 1 }], { deadlineAt })
    expect(answer!.error!.code).toBe('DEADLINE')
    expect(executor.calls).toBe(0)
  })

  it('leave a fallback model a moment, then go on to the next step', async () => {
    const definition = defineModel({
      ...linear,
      guard: { deadlineMs: 5 },
      fallback: [{ name: 'slow', artifact: './slow.onnx' }, () => ({ y: 5 })],
    })
    const predictor = predictorOf(definition, hanging(), { fallbackExecutors: [hanging()], fallbackGraceMs: 5 })
    expect(brief(await predictRows(predictor, [{ a: 1, b: 1 }]))).toEqual([[{ y: 5 }, 'fallback:heuristic', 'DEADLINE']])
  })

  it('do not matter to a caller that has gone', async () => {
    const executor = hanging()
    const controller = new AbortController()
    const predictor = predictorOf(defineModel({ ...linear, fallback: () => ({ y: 5 }) }), executor)
    const running = predictRows(predictor, [{ a: 1, b: 1 }], { signal: controller.signal })
    controller.abort()
    const [answer] = await running
    expect(answer).toMatchObject({ source: 'none', error: { code: 'CANCELLED' } })
    expect(executor.reasons).toEqual([expect.objectContaining({ code: 'CANCELLED' })])
  })
})

describe('isolation of bad rows', () => {
  const definition = defineModel({
    name: 'm',
    artifact: 'm.onnx',
    input: { amount: number(), bad: boolean(), note: text({ optional: true }), n: integer({ optional: true }) },
    output: { y: number() },
    preprocess: ({ columns }) => {
      if (columns.bad.data.includes(1)) throw new Error('a bad row')
      return { x: columns.amount.data }
    },
  })

  it('finds the rows that preprocess throws on, in a logarithmic number of runs', async () => {
    const local = createLocalExecutor(definition, await openSession(models.linearModel({ inputs: 1 })), { clock: systemClock })
    let runs = 0
    const counting: Executor = {
      execute: (frame, options) => {
        runs++
        return local.execute(frame, options)
      },
      close: () => local.close(),
    }
    const predictor = predictorOf(definition, counting)
    const answers = await predictRows(
      predictor,
      Array.from({ length: 64 }, (_, i) => ({ amount: i * 10, bad: i === 37 })),
    )
    expect(answers.map(({ source }) => source)).toEqual(Array.from({ length: 64 }, (_, i) => (i === 37 ? 'none' : 'model')))
    expect(answers[63]!.output).toEqual({ y: 64 })
    expect(answers[37]!.error).toEqual({
      code: 'PREPROCESS_FAILED',
      message: 'the preprocess function of the definition threw',
      field: null,
    })
    expect(runs).toBe(1 + 2 * Math.log2(64))
  })

  it.each<ErrorCode>(['WORKER_LOST', 'NOT_READY', 'DEADLINE', 'QUEUE_FULL'])('does not blame rows for %s', async (code) => {
    const executor = failing(code)
    const predictor = predictorOf(definition, executor)
    const answers = await predictRows(predictor, [
      { amount: 1, bad: false },
      { amount: 2, bad: false },
    ])
    expect(answers.map(({ error }) => error!.code)).toEqual([code, code])
    expect(executor.calls).toBe(1)
  })
})

describe('the log', () => {
  it('tells of a failing step once a second, and the observer of every one', async () => {
    const lines: unknown[] = []
    let now = 0
    let failures = 0
    const predictor = predictorOf(defineModel(linear), failing('RUN_FAILED'), {
      logger: { ...quiet, warn: (fields) => lines.push(fields) },
      clock: { now: () => now, monotonic: () => now },
      observer: { failed: () => failures++ },
    })
    await predictRows(predictor, [{ a: 1, b: 1 }])
    await predictRows(predictor, [{ a: 1, b: 1 }])
    now = 1000
    await predictRows(predictor, [{ a: 1, b: 1 }])
    expect(failures).toBe(3)
    expect(lines).toMatchObject([
      { model: 'm', version: '1', step: 'execute', code: 'RUN_FAILED', rows: 1, unlogged: 0 },
      { step: 'execute', unlogged: 1 },
    ])
  })
})
