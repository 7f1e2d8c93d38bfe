import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as models from '../../test/fixtures/models.js'
import { openSession } from '../../test/fixtures/open-session.js'
import { systemClock } from '../core/clock.js'
import { boolean, category, integer, number } from '../core/fields.js'
import { createMemoryFeatureStore } from '../drivers/memory/feature-store.js'
import type { Answer } from './answer.js'
import { predictRows } from './answer.js'
import { defineModel } from './define-model.js'
import type { ModelDefinition } from './definition.js'
import { fallbackDefinition } from './execution-plan.js'
import { createLocalExecutor } from './local-executor.js'
import type { Predictor } from './predictor.js'
import { createPredictor } from './predictor.js'

/** A definition in which everything that can happen to a row happens to some. */
const definition = defineModel({
  name: 'mix',
  artifact: 'mix.onnx',
  input: {
    amount: number({ max: 1000 }),
    count: integer({ min: 0, max: 50, onFail: 'fallback' }),
    member: boolean(),
    country: category(['DE', 'FR', 'US'], { onFail: 'warn' }),
    bonus: number({ min: 0, optional: true }),
    level: integer({ max: 9 }),
  },
  output: { score: number({ max: 500 }) },
  gather: { users: { key: 'user', features: ['bonus', 'level'] } },
  preprocess: ({ columns }) => {
    if (columns.amount.data.includes(13)) throw new Error('amounts of 13 are not for this model')
    const bonus = columns.bonus.data
    return {
      amount: columns.amount.data.map((amount, i) => amount + (Number.isNaN(bonus[i]) ? 0 : bonus[i]!)),
      count: columns.count,
      member: columns.member,
      country: columns.country,
    }
  },
  guard: {
    onFail: 'reject',
    onOutputFail: 'fallback',
    cross: {
      'no members from US': { test: (row) => !(row.member && row.country === 'US') || 'a member from US', onFail: 'fallback' },
      broken: { test: (row) => (row.amount === 17 ? fail() : true), onFail: 'reject' },
    },
  },
  fallback: [
    {
      name: 'small',
      artifact: 'small.onnx',
      preprocess: ({ columns }) => ({ x: columns.amount.data.includes(4) ? fail() : columns.amount.data }),
    },
    { name: 'rule', answer: (row) => ({ score: row.count === 7 ? fail() : row.member ? 400 : 501 }) },
  ],
})

function fail(): never {
  throw new Error('on purpose')
}

let predictor: Predictor<(typeof definition)['input'], (typeof definition)['output']>

beforeAll(async () => {
  const features = createMemoryFeatureStore()
  await features.putMany('users', [
    ['u1', { bonus: 5, level: 1 }],
    ['u2', { bonus: -5, level: 1 }],
    ['u3', { bonus: 'high', level: 1 }],
    ['u4', { level: 11 }],
    ['u5', { bonus: 2 }],
  ])
  const [small] = definition.fallback
  const small1 = fallbackDefinition(definition as unknown as ModelDefinition, small as never)
  predictor = createPredictor({
    definition,
    identity: { name: 'mix', version: '1', digest: 'sha256:0' },
    executor: createLocalExecutor(definition, await openSession(models.manyInputModel()), { clock: systemClock, maxBatchRows: 5 }),
    fallbackExecutors: [createLocalExecutor(small1, await openSession(models.nanModel()), { clock: systemClock })],
    features,
    clock: systemClock,
    ids: () => 'id',
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  })
})

afterAll(() => predictor.close())

/** Mostly good values, and some of everything that can be wrong. */
const row = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .record(
        {
          amount: mostly([0, 0.1, 4, 400, 999.5, 13, 17], [1001, Number.NaN, '5', null]),
          count: mostly([0, 1, 7, 50], [-1, 2.5, 99, 2n ** 70n]),
          member: mostly([true, false], [1, 'true']),
          country: mostly(['DE', 'FR', 'US'], ['XX', 5]),
          level: mostly([1, 2], [10, null]),
          bonus: mostly([0, 3], [-1, 'x']),
          user: mostly(['u1', 'u5'], ['u2', 'u3', 'u4', 'nobody', 6]),
          surplus: fc.constant(1),
        },
        { requiredKeys: ['amount', 'count', 'member', 'country'] },
      )
      .map(({ surplus, ...fields }) => (surplus === undefined || fields.count !== 50 ? fields : { surplus, ...fields })),
  },
  fc.constantFrom<unknown>(null, 'row', [1, 2], {}),
)

function mostly(good: readonly unknown[], bad: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...good) }, fc.constantFrom(...bad))
}

function outcome({ output, source, codes, error, issues }: Answer): unknown {
  return { output, source, codes, error, messages: issues.map(({ message, action }) => `${action} ${message}`) }
}

describe('batching', () => {
  it('is invisible: any mix of rows is answered as each row alone is', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 24 }), async (rows) => {
        const batched = await predictRows(predictor, rows as never)
        const alone = (await Promise.all(rows.map((one) => predictRows(predictor, [one] as never)))).flat()
        expect(batched.map((answer) => outcome(answer))).toEqual(alone.map((answer) => outcome(answer)))
        for (const { source, codes } of batched) for (const code of [source, ...codes]) seen.add(code)
      }),
      { numRuns: 300 },
    )
    // The property means something only if all of these came up.
    for (const code of [
      'none',
      'model',
      'fallback:small',
      'fallback:rule',
      'INPUT_TYPE',
      'INPUT_TYPE:amount',
      'INPUT_TYPE:bonus',
      'INPUT_UNKNOWN',
      'INPUT_RANGE:amount',
      'INPUT_RANGE:level',
      'INPUT_CATEGORY:country',
      'INPUT_FINITE:amount',
      'INPUT_CROSS:no members from US',
      'INPUT_CROSS:broken',
      'GATHER_MISSING:level',
      'PREPROCESS_FAILED',
      'OUTPUT_RANGE:score',
      'FALLBACK_FAILED',
    ]) {
      expect(seen).toContain(code)
    }
  })
})
