import * as v from 'valibot'
import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { boolean, category, defineModel, integer, isModelDefinition, number, SlipwayError, tensor, text, timestamp } from '../index.js'

const base = { name: 'm', artifact: './m.onnx', input: { x: number() }, output: { y: number() } }

function fault(options: Readonly<Record<string, unknown>>): string {
  try {
    defineModel({ ...base, ...options } as never)
  } catch (error) {
    if (error instanceof SlipwayError) return `${error.code} ${error.message}`
    throw error
  }
  return 'none'
}

describe('defineModel', () => {
  it('fills in what was left out', () => {
    const model = defineModel(base)
    expect(model).toMatchObject({
      name: 'm',
      description: null,
      gather: {},
      preprocess: null,
      postprocess: null,
      guard: {},
      fallback: [],
      stored: null,
      examples: [],
    })
    expect(isModelDefinition(model)).toBe(true)
    expect(isModelDefinition({ name: 'm' })).toBe(false)
  })

  it('takes a Standard Schema for a field, optional when the schema lets it be absent', () => {
    const model = defineModel({ ...base, input: { a: z.string(), b: v.optional(v.number()), c: z.number().default(3) } })
    expect(Object.values(model.input).map(({ kind, optional }) => [kind, optional])).toEqual([
      ['schema', false],
      ['schema', true],
      ['schema', true],
    ])
  })

  it('adds the key of gather as an optional text, unless it is an input', () => {
    const gather = { cards: { key: 'id', features: ['age'] } } as const
    expect(defineModel({ ...base, input: { age: number() }, gather }).input.id).toMatchObject({ kind: 'text', optional: true })
    expect(defineModel({ ...base, input: { age: number(), id: integer() }, gather }).input.id).toMatchObject({
      kind: 'integer',
      optional: false,
    })
  })

  it('names a lone fallback function, and keeps the names of a ladder', () => {
    const lone = defineModel({ ...base, fallback: () => ({ y: 0 }) })
    expect(lone.fallback.map(({ name }) => name)).toEqual(['heuristic'])
    const ladder = defineModel({ ...base, fallback: [{ name: 'small', artifact: './s.onnx' }, () => ({ y: 0 })] })
    expect(ladder.fallback.map(({ name }) => name)).toEqual(['small', 'heuristic'])
  })

  it('has names like any other for names that objects know', () => {
    const input = JSON.parse('{"__proto__": 1, "constructor": 1}') as object
    const fields = Object.fromEntries(Object.keys(input).map((name) => [name, number()]))
    expect(Object.keys(defineModel({ ...base, input: fields }).input)).toEqual(['__proto__', 'constructor'])
  })

  it.each([
    [{ name: 'Fraud' }, /^MODEL_NAME name: .* received 'Fraud'$/],
    [{ artifact: '' }, /artifact: expected the path/],
    [{ input: {} }, /input: expected at least one field/],
    [{ output: { '': number() } }, /output: a field has an empty name/],
    [{ input: { x: 'number' } }, /input `x`: expected a field such as number\(\), or a Standard Schema, received 'number'/],
    [{ input: { x: number({ min: 5, max: 1 }) } }, /input `x`: min 5 is greater than max 1/],
    [{ input: { x: number({ min: Number.NaN }) } }, /input `x`: min is a number, received NaN/],
    [{ input: { x: integer({ min: 0.5 }) } }, /input `x`: min is a whole number, received 0.5/],
    [{ input: { x: integer({ dtype: 'uint8', max: 300 }) } }, /input `x`: max 300 is outside uint8 \(0 to 255\)/],
    [{ input: { x: integer({ dtype: 'float32' as never }) } }, /input `x`: dtype is one of uint8, /],
    [{ input: { x: category([]) } }, /input `x`: categories is empty/],
    [{ input: { x: category(['a', 'a']) } }, /input `x`: category 'a' is listed twice/],
    [{ input: { x: text({ minLength: 3, maxLength: 2 }) } }, /input `x`: minLength 3 is greater than maxLength 2/],
    [{ input: { x: text({ maxLength: -1 }) } }, /input `x`: maxLength is a whole number of at least 0, received -1/],
    [{ input: { x: text({ pattern: 'a+' as never }) } }, /input `x`: pattern is a RegExp, received 'a\+'/],
    [{ input: { x: tensor({ dtype: 'float' as never, shape: [1] }) } }, /input `x`: dtype is the name of an element type/],
    [{ input: { x: tensor({ dtype: 'float32', shape: [0] }) } }, /input `x`: a size in shape .* received 0/],
    [{ input: { x: tensor({ dtype: 'float32', shape: [2], labels: ['a'] }) } }, /input `x`: 1 labels for a last axis of 2/],
    [{ input: { x: tensor({ dtype: 'float32', shape: [2], sum: 1 }) } }, /input `x`: sum is for outputs/],
    [{ input: { x: timestamp({ min: 'soon' }) } }, /input `x`: min is not a point in time: 'soon'/],
    [{ input: { x: timestamp({ min: '2021', max: '2020' }) } }, /input `x`: min '2021' is after max '2020'/],
    [
      { input: { x: boolean({ onFail: 'ignore' as never }) } },
      /input `x`: onFail: expected 'reject', 'fallback' or 'warn', received 'ignore'/,
    ],
    [{ input: { x: number({ onFail: 'fallback' }) } }, /input `x`: onFail: is 'fallback', but the definition has no fallback/],
    [{ output: { y: number({ onFail: 'fallback' }) } }, /output `y`: onFail: is 'fallback', but/],
    [
      {
        input: {
          x: v.pipeAsync(
            v.string(),
            v.checkAsync(async () => true),
          ),
        },
      },
      /input `x`: the schema is asynchronous/,
    ],
    [{ gather: { t: { key: 'id', features: ['z'] } } }, /gather `t`: the feature `z` is not an input of the model/],
    [{ gather: { t: { key: 'x', features: ['x'] } } }, /gather `t`: the key `x` is a number; a key is a text/],
    [{ gather: { t: { key: 'id', features: [] } } }, /gather `t`: features is empty/],
    [
      { gather: { a: { key: 'id', features: ['x'] }, b: { key: 'id', features: ['x'] } } },
      /gather `b`: the feature `x` already comes from `a`/,
    ],
    [{ guard: { onFail: 'drop' } }, /guard.onFail: expected 'reject'/],
    [{ guard: { deadlineMs: 0 } }, /guard.deadlineMs: expected milliseconds greater than 0, received 0/],
    [{ guard: { unknownFields: 'drop' } }, /guard.unknownFields: expected 'reject' or 'ignore', received 'drop'/],
    [{ guard: { cross: { rule: 'x > 1' } } }, /guard.cross `rule`: expected a function of a row/],
    [{ fallback: 'zero' }, /fallback: expected a function, .* received 'zero'/],
    [{ fallback: { name: 'small' } }, /fallback `small`: give it either `answer`/],
    [{ fallback: [() => ({ y: 0 }), () => ({ y: 1 })] }, /fallback: two fallbacks are named 'heuristic'/],
    [{ preprocess: 'x' }, /preprocess: expected a function, received 'x'/],
    [{ examples: [{ x: 1 }, { x: 'a' }] }, /examples\[1\]: expected a number for `x`, received a string/],
    [{ input: { x: number({ max: 3 }) }, examples: [{ x: 4 }] }, /examples\[0\]: expected a number of at most 3 for input `x`, received 4/],
    [{ guard: { cross: { odd: (row: { x: number }) => row.x % 2 === 1 } }, examples: [{ x: 4 }] }, /examples\[0\]: check `odd` failed/],
  ])('refuses %j', (options, message) => {
    expect(fault(options)).toMatch(message)
    expect(fault(options)).toMatch(/^(DEFINITION_INVALID|MODEL_NAME) /)
  })

  it('lets examples lack what is looked up', () => {
    const gather = { cards: { key: 'id', features: ['age'] } } as const
    expect(defineModel({ ...base, input: { age: number() }, gather, examples: [{ age: 1 }, { id: 'a' } as never] }).examples).toHaveLength(
      2,
    )
  })
})

describe('stored predictions of a definition', () => {
  const cards = { cards: { key: 'cardId', features: ['x'] } } as const
  const fallback = (): object => ({ y: 0 })

  it('are served however old they are, and refused where there is none, unless the definition says otherwise', () => {
    const model = defineModel({ ...base, stored: { key: 'customer' } })
    expect(model.stored).toEqual({ key: 'customer', maxAgeMs: null, onStale: 'serve', onMissing: 'reject' })
  })

  it('may be predicted live from a key that `gather` looks features up by', () => {
    const model = defineModel({
      ...base,
      gather: cards,
      stored: { key: 'cardId', maxAgeMs: 1000, onStale: 'predict', onMissing: 'predict' },
    })
    expect(model.stored).toEqual({ key: 'cardId', maxAgeMs: 1000, onStale: 'predict', onMissing: 'predict' })
  })

  it.each([
    [{ stored: { key: '' } }, 'DEFINITION_INVALID stored.key: names what a prediction is stored under'],
    [
      { stored: { key: 'k', maxAge: 3 } },
      'DEFINITION_INVALID stored.maxAge: there is no such option; there are key, maxAgeMs, onStale, onMissing',
    ],
    [{ stored: { key: 'k', maxAgeMs: 0 } }, 'DEFINITION_INVALID stored.maxAgeMs: expected milliseconds greater than 0, received 0'],
    [{ stored: { key: 'k', onStale: 'reject' } }, 'DEFINITION_INVALID stored.onStale: nothing is stale without `maxAgeMs`'],
    [
      { stored: { key: 'k', onMissing: 'serve' } },
      "DEFINITION_INVALID stored.onMissing: expected 'predict', 'fallback', 'reject', received 'serve'",
    ],
    [
      { stored: { key: 'k', onMissing: 'fallback' } },
      "DEFINITION_INVALID stored.onMissing: is 'fallback', but the definition has no fallback",
    ],
    [
      { stored: { key: 'k', onMissing: 'predict' } },
      "DEFINITION_INVALID stored.onMissing: is 'predict', but `k` is no input of the model and no key of `gather`",
    ],
    [
      { stored: { key: 'x', onMissing: 'predict' } },
      "DEFINITION_INVALID stored.onMissing: is 'predict', but `x` is a number; a key is a text, a category or an integer",
    ],
    [{ stored: { key: 'k', onMissing: 'fallback' }, fallback }, 'none'],
  ])('are refused where they cannot hold: %j', (options, expected) => {
    expect(fault(options)).toBe(expected)
  })
})
