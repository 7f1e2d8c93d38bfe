import { describe, expectTypeOf, it } from 'vitest'
import * as v from 'valibot'
import * as z from 'zod'
import { boolean, category, defineModel, integer, number, tensor, text, timestamp } from '../index.js'
import type { Column, ModelDefinition, OutputOf, RowOf } from '../index.js'

type InputRow<D> = D extends ModelDefinition<infer I, never> ? RowOf<I> : D extends ModelDefinition<infer I> ? RowOf<I> : never
type OutputRow<D> = D extends ModelDefinition<infer _, infer O> ? OutputOf<O> : never

describe('defineModel', () => {
  it('types rows, frames and answers from the fields', () => {
    const fraud = defineModel({
      name: 'fraud',
      artifact: './fraud.onnx',
      input: {
        amount: number({ min: 0 }),
        country: category(['DE', 'FR', 'US']),
        visits: integer(),
        small: integer({ dtype: 'int32' }),
        note: text({ optional: true }),
        online: boolean(),
        at: timestamp(),
        pixels: tensor({ dtype: 'uint8', shape: [28, 28] }),
        mail: z.email(),
        nick: v.optional(v.string()),
      },
      output: { probability: number({ min: 0, max: 1 }), label: category(['no', 'yes']), why: text({ optional: true }) },
      preprocess: (frame) => {
        expectTypeOf(frame.columns.amount).toEqualTypeOf<Column<'float64'>>()
        expectTypeOf(frame.columns.amount.data).toEqualTypeOf<Float64Array>()
        expectTypeOf(frame.columns.country.data).toEqualTypeOf<string[]>()
        expectTypeOf(frame.columns.visits.data).toEqualTypeOf<BigInt64Array>()
        expectTypeOf(frame.columns.small.data).toEqualTypeOf<Int32Array>()
        expectTypeOf(frame.columns.pixels.data).toEqualTypeOf<Uint8Array>()
        expectTypeOf(frame.columns.mail).toEqualTypeOf<Column<'object'>>()
        // @ts-expect-error the signature has no such field
        void frame.columns.amuont
        return { features: Float32Array.from(frame.columns.amount.data) }
      },
      postprocess: (tensors, frame) => {
        expectTypeOf(frame.length).toEqualTypeOf<number>()
        return { probability: [tensors['probabilities']?.data.length ?? 0], label: ['no'], why: [] }
      },
      guard: {
        cross: {
          'amount by country': (row) => {
            expectTypeOf(row.country).toEqualTypeOf<'DE' | 'FR' | 'US'>()
            expectTypeOf(row.amount).toEqualTypeOf<number>()
            return row.amount < 10 || 'too much'
          },
          night: { test: (row) => row.online, onFail: 'warn' },
        },
      },
      fallback: (row) => {
        expectTypeOf(row.amount).toEqualTypeOf<number>()
        expectTypeOf(row.note).toEqualTypeOf<string | null | undefined>()
        return { probability: row.amount > 5000 ? 0.9 : 0.05, label: 'no', why: null }
      },
      examples: [
        {
          amount: 3,
          country: 'DE',
          visits: 3n,
          small: 1,
          online: true,
          at: new Date(0),
          pixels: new Uint8Array(784),
          mail: 'a@b.c',
          nick: 'a',
        },
      ],
    })
    type Row = InputRow<typeof fraud>
    expectTypeOf<Row['amount']>().toEqualTypeOf<number>()
    expectTypeOf<Row['visits']>().toEqualTypeOf<number | bigint>()
    expectTypeOf<Row['note']>().toEqualTypeOf<string | null | undefined>()
    expectTypeOf<Row['mail']>().toEqualTypeOf<string>()
    expectTypeOf<Row['nick']>().toEqualTypeOf<string | null | undefined>()
    type Output = OutputRow<typeof fraud>
    expectTypeOf<Output>().toEqualTypeOf<{
      readonly probability: number
      readonly label: 'no' | 'yes'
      readonly why: string | null
    }>()
  })

  it('adds the keys of gather as optional texts', () => {
    const model = defineModel({
      name: 'cards',
      artifact: './m.onnx',
      input: { amount: number(), age: number({ optional: true }), seen: number({ optional: true }) },
      output: { score: number() },
      gather: { cards: { key: 'cardId', features: ['age'] }, shops: { key: 'shopId', features: ['seen'] } },
      fallback: (row) => {
        expectTypeOf(row.cardId).toEqualTypeOf<string | null | undefined>()
        return { score: 0 }
      },
    })
    type Row = InputRow<typeof model>
    expectTypeOf<Row['cardId']>().toEqualTypeOf<string | null | undefined>()
    expectTypeOf<Row['shopId']>().toEqualTypeOf<string | null | undefined>()
    expectTypeOf<Row['age']>().toEqualTypeOf<number | null | undefined>()
  })

  it('takes a ladder of fallbacks, functions and models', () => {
    const model = defineModel({
      name: 'ladder',
      artifact: './m.onnx',
      input: { amount: number() },
      output: { score: number() },
      fallback: [
        { name: 'small', artifact: './small.onnx', preprocess: (frame) => ({ x: frame.columns.amount.data }) },
        { name: 'rule', answer: (row) => ({ score: row.amount }) },
        (row) => ({ score: row.amount / 2 }),
      ],
    })
    expectTypeOf(model.fallback[0]?.name).toEqualTypeOf<string | undefined>()
  })

  it('refuses what the fields do not have', () => {
    const model = defineModel({
      name: 'wrong',
      artifact: './m.onnx',
      input: { amount: number() },
      output: { score: number() },
      // @ts-expect-error `agee` is not an input
      gather: { cards: { key: 'cardId', features: ['agee'] } },
      // @ts-expect-error the score is a number
      fallback: (row) => ({ score: String(row.amount) }),
      // @ts-expect-error the amount is a number
      examples: [{ amount: 'much' }],
    })
    expectTypeOf<OutputRow<typeof model>['score']>().toEqualTypeOf<number>()
  })

  it('makes definitions that are ModelDefinitions of any fields', () => {
    const model = defineModel({ name: 'any', artifact: './m.onnx', input: { amount: number() }, output: { score: number() } })
    expectTypeOf(model).toExtend<ModelDefinition>()
  })
})

describe('stored predictions of a definition', () => {
  const base = { name: 'm', artifact: './m.onnx', input: { x: number(), id: text() }, output: { y: number() } } as const

  it('are keyed by an input or a key of gather where they may be predicted live', () => {
    const stored = defineModel({ ...base, stored: { key: 'id', onMissing: 'predict' } })
    expectTypeOf<RowOf<typeof stored.input>['id']>().toEqualTypeOf<string>()
    defineModel({ ...base, gather: { cards: { key: 'cardId', features: ['x'] } }, stored: { key: 'cardId', onMissing: 'predict' } })
    defineModel({ ...base, stored: { key: 'anything', maxAgeMs: 5, onStale: 'reject' } })
    // @ts-expect-error the model has no such input
    defineModel({ ...base, stored: { key: 'anything', onMissing: 'predict' } })
    // @ts-expect-error what is missing cannot be served
    defineModel({ ...base, stored: { key: 'id', onMissing: 'serve' } })
  })
})
