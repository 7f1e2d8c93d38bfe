import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { OutputOf, RowOf, ToFields, FrameOf } from './field-types.js'
import type { CategoryField, IntegerField, NumberField, SchemaField, TensorField, TensorValue, TextField } from './field.js'
import { boolean, category, integer, number, tensor, text, timestamp } from './fields.js'
import type { Column } from './frame.js'

test('builders carry what rows hold', () => {
  const fields = {
    amount: number({ min: 0, max: 10 }),
    age: integer({ dtype: 'uint8' }),
    id: integer(),
    country: category(['DE', 'FR']),
    note: text({ maxLength: 10 }),
    flag: boolean(),
    image: tensor({ dtype: 'uint8', shape: [28, 28] }),
    at: timestamp(),
  }
  expectTypeOf<RowOf<typeof fields>>().toExtend<{
    readonly amount: number
    readonly age: number | bigint
    readonly id: number | bigint
    readonly country: 'DE' | 'FR'
    readonly note: string
    readonly flag: boolean
    readonly image: TensorValue
    readonly at: number | string | Date
  }>()
  expectTypeOf<RowOf<typeof fields>['country']>().toEqualTypeOf<'DE' | 'FR'>()
  expectTypeOf<RowOf<typeof fields>['amount']>().toEqualTypeOf<number>()
  expectTypeOf<OutputOf<typeof fields>['at']>().toEqualTypeOf<number>()
  expectTypeOf<OutputOf<typeof fields>['country']>().toEqualTypeOf<'DE' | 'FR'>()
})

test('options and none give the same kinds of field', () => {
  expectTypeOf(number()).toEqualTypeOf<NumberField<false>>()
  expectTypeOf(number({ min: 0 })).toEqualTypeOf<NumberField<false>>()
  expectTypeOf(number({ optional: true })).toEqualTypeOf<NumberField<true>>()
  expectTypeOf(number({ optional: false })).toEqualTypeOf<NumberField<false>>()
  expectTypeOf(integer()).toEqualTypeOf<IntegerField<false, 'int64'>>()
  expectTypeOf(integer({ dtype: 'uint8', optional: true })).toEqualTypeOf<IntegerField<true, 'uint8'>>()
  expectTypeOf(category(['a', 'b'], { optional: true })).toEqualTypeOf<CategoryField<'a' | 'b', true>>()
  expectTypeOf(tensor({ dtype: 'float32', shape: [null] })).toEqualTypeOf<TensorField<'float32', false>>()
})

test('optional fields may be left out or null in a row, and are null in an output', () => {
  const fields = { a: number(), b: text({ optional: true }) }
  expectTypeOf<{ a: number }>().toExtend<RowOf<typeof fields>>()
  expectTypeOf<{ a: number; b: null }>().toExtend<RowOf<typeof fields>>()
  expectTypeOf<{ b: string }>().not.toExtend<RowOf<typeof fields>>()
  expectTypeOf<OutputOf<typeof fields>['b']>().toEqualTypeOf<string | null>()
  expectTypeOf<OutputOf<typeof fields>['a']>().toEqualTypeOf<number>()
})

test('a builder takes a Standard Schema of zod or valibot in place of options', () => {
  expectTypeOf(number(z.number().min(0))).toEqualTypeOf<NumberField<false>>()
  expectTypeOf(number(v.pipe(v.number(), v.minValue(0)))).toEqualTypeOf<NumberField<false>>()
  expectTypeOf(text(z.string())).toEqualTypeOf<TextField<false>>()
  // @ts-expect-error the output of the schema is not a number
  number(z.string())
  // @ts-expect-error the output of the schema is not a string
  text(v.number())
})

test('a bare Standard Schema is a field: its input in rows, its output in frames', () => {
  const likes = {
    tags: z.array(z.string()),
    count: z.string().transform(Number),
    maybe: v.optional(v.object({ a: v.number() })),
    amount: number(),
  }
  type Fields = ToFields<typeof likes>
  expectTypeOf<RowOf<Fields>['tags']>().toEqualTypeOf<string[]>()
  expectTypeOf<RowOf<Fields>['count']>().toEqualTypeOf<string>()
  expectTypeOf<OutputOf<Fields>['count']>().toEqualTypeOf<number>()
  expectTypeOf<{ tags: string[]; count: string; amount: number }>().toExtend<RowOf<Fields>>()
  expectTypeOf<Fields['tags']>().toEqualTypeOf<SchemaField<string[], string[], false>>()
  expectTypeOf<Fields['maybe']['optional']>().toEqualTypeOf<true>()
  expectTypeOf<Fields['tags']['schema']>().toEqualTypeOf<StandardSchemaV1<string[], string[]>>()
})

test('columns are typed by their fields', () => {
  const fields = {
    a: number(),
    b: integer({ dtype: 'int32' }),
    c: category(['x']),
    d: tensor({ dtype: 'float32', shape: [2] }),
    e: boolean(),
    f: integer(),
  }
  type Columns = FrameOf<typeof fields>['columns']
  expectTypeOf<Columns['a']>().toEqualTypeOf<Column<'float64'>>()
  expectTypeOf<Columns['b']['data']>().toEqualTypeOf<Int32Array>()
  expectTypeOf<Columns['c']['data']>().toEqualTypeOf<string[]>()
  expectTypeOf<Columns['d']['data']>().toEqualTypeOf<Float32Array>()
  expectTypeOf<Columns['e']['data']>().toEqualTypeOf<Uint8Array>()
  expectTypeOf<Columns['f']['data']>().toEqualTypeOf<BigInt64Array>()
})

test('options that no field has are refused', () => {
  expectTypeOf(integer).parameter(0).not.toEqualTypeOf<string>()
  // @ts-expect-error float32 is no integer type
  integer({ dtype: 'float32' })
  // @ts-expect-error a bound is a number
  number({ min: '0' })
  // @ts-expect-error a tensor needs a shape
  tensor({ dtype: 'float32' })
  // @ts-expect-error unknown element type
  tensor({ dtype: 'float', shape: [1] })
})
