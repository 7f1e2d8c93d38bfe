import { describe, expect, test } from 'vitest'
import type { Field, Fields } from './field.js'
import { boolean, category, integer, number, tensor, text, timestamp } from './fields.js'
import type { FrameBuilder, FrameBuilderOptions } from './frame-builder.js'
import { createFrameBuilder } from './frame-builder.js'
import { frameToRows } from './frame-rows.js'
import { createJsonReader } from './json-reader.js'

const builderOf = (fields: Fields, options: Partial<FrameBuilderOptions> = {}): FrameBuilder =>
  createFrameBuilder(fields, { unknownFields: 'reject', defaultAction: 'reject', ...options })

function readJson(builder: FrameBuilder, ...rows: readonly string[]): FrameBuilder {
  for (const row of rows) builder.readRow(createJsonReader(new TextEncoder().encode(row)))
  return builder
}

/** Codes by row, such as `0 INPUT_TYPE x`. */
const codes = (builder: FrameBuilder): string[] =>
  builder.build().issues.map(({ row, code, field }) => `${row} ${code}${field === null ? '' : ` ${field}`}`)

/** The same value given as JSON and as JavaScript. */
function bothWays(field: Field, json: string): { codes: string[][]; values: unknown[] } {
  const read = readJson(builderOf({ x: field }), `{"x":${json}}`)
  const appended = builderOf({ x: field })
  appended.appendRow({ x: JSON.parse(json) })
  const builders = [read, appended]
  return {
    codes: builders.map(codes),
    values: builders.map((builder) => frameToRows(builder.build().frame)[0]?.['x']),
  }
}

describe('types', () => {
  test.each<[string, Field, string, string | null]>([
    ['a string for a number', number(), '"1"', 'INPUT_TYPE'],
    ['a boolean for a number', number(), 'true', 'INPUT_TYPE'],
    ['an array for a number', number(), '[1]', 'INPUT_TYPE'],
    ['an object for a number', number(), '{"a":[1,{}]}', 'INPUT_TYPE'],
    ['null for a number', number(), 'null', 'INPUT_MISSING'],
    ['null for an optional number', number({ optional: true }), 'null', null],
    ['a fraction for an integer', integer(), '1.5', 'INPUT_TYPE'],
    ['a whole number with a fraction of 0', integer(), '3.0', null],
    ['a string for an integer', integer(), '"3"', 'INPUT_TYPE'],
    ['300 for uint8', integer({ dtype: 'uint8' }), '300', 'INPUT_RANGE'],
    ['-1 for uint8', integer({ dtype: 'uint8' }), '-1', 'INPUT_RANGE'],
    ['-1 for uint64', integer({ dtype: 'uint64' }), '-1', 'INPUT_RANGE'],
    ['-129 for int8', integer({ dtype: 'int8' }), '-129', 'INPUT_RANGE'],
    ['1e30 for int64', integer(), '1e30', 'INPUT_RANGE'],
    ['-0 for an integer', integer({ dtype: 'int32' }), '-0', null],
    ['a number for a text', text(), '1', 'INPUT_TYPE'],
    ['a number for a category', category(['a']), '1', 'INPUT_TYPE'],
    ['an unseen category, which the guardrails judge', category(['a']), '"b"', null],
    ['1 for a boolean', boolean(), '1', 'INPUT_TYPE'],
    ['"true" for a boolean', boolean(), '"true"', 'INPUT_TYPE'],
    ['a time without zone', timestamp(), '"2024-01-01T00:00:00"', 'INPUT_TYPE'],
    ['a time that no calendar has', timestamp(), '"2024-02-30"', 'INPUT_TYPE'],
    ['epoch milliseconds', timestamp(), '1704067200000', null],
    ['a time too far away', timestamp(), '1e16', 'INPUT_RANGE'],
    ['a boolean for a time', timestamp(), 'true', 'INPUT_TYPE'],
    ['a scalar for a tensor', tensor({ dtype: 'float32', shape: [1] }), '1', 'INPUT_TYPE'],
    ['an object for a tensor', tensor({ dtype: 'float32', shape: [1] }), '{"0":1}', 'INPUT_TYPE'],
    ['a string in a tensor of numbers', tensor({ dtype: 'float32', shape: [2] }), '[1,"2"]', 'INPUT_TYPE'],
    ['a boolean in a tensor of numbers', tensor({ dtype: 'uint8', shape: [2] }), '[1,true]', 'INPUT_TYPE'],
    ['a number in a tensor of booleans', tensor({ dtype: 'bool', shape: [2] }), '[true,1]', 'INPUT_TYPE'],
    ['a fraction in a tensor of integers', tensor({ dtype: 'int32', shape: [2] }), '[1,2.5]', 'INPUT_TYPE'],
    ['256 in a tensor of uint8', tensor({ dtype: 'uint8', shape: [2] }), '[1,256]', 'INPUT_RANGE'],
    ['1e39 in a tensor of float32', tensor({ dtype: 'float32', shape: [2] }), '[1,1e39]', 'INPUT_RANGE'],
    ['too few elements', tensor({ dtype: 'float32', shape: [2, 2] }), '[1,2,3]', 'INPUT_SHAPE'],
    ['too many elements', tensor({ dtype: 'float32', shape: [2] }), '[1,2,3]', 'INPUT_SHAPE'],
    ['wrong dimensions', tensor({ dtype: 'float32', shape: [2, 3] }), '[[1,2],[3,4],[5,6]]', 'INPUT_SHAPE'],
    ['a wrong rank with the right count', tensor({ dtype: 'float32', shape: [4] }), '[[1,2],[3,4]]', 'INPUT_SHAPE'],
    ['ragged arrays', tensor({ dtype: 'float32', shape: [2, 2] }), '[[1,2],[3]]', 'INPUT_SHAPE'],
    ['elements at two depths', tensor({ dtype: 'float32', shape: [2, 1] }), '[[1],2]', 'INPUT_SHAPE'],
    ['elements at two depths, the shallow first', tensor({ dtype: 'float32', shape: [2, 1] }), '[1,[2]]', 'INPUT_SHAPE'],
    ['flat elements', tensor({ dtype: 'float32', shape: [2, 2] }), '[1,2,3,4]', null],
    ['flat elements that tell the free dimension', tensor({ dtype: 'float32', shape: [null, 2] }), '[1,2,3,4]', null],
    ['flat elements that do not divide', tensor({ dtype: 'float32', shape: [null, 2] }), '[1,2,3]', 'INPUT_SHAPE'],
    ['flat elements for two free dimensions', tensor({ dtype: 'float32', shape: [null, null] }), '[1,2,3,4]', 'INPUT_SHAPE'],
    ['null as NaN in a tensor of floats', tensor({ dtype: 'float32', shape: [2] }), '[1,null]', null],
    ['null in a tensor of integers', tensor({ dtype: 'int32', shape: [2] }), '[1,null]', 'INPUT_TYPE'],
    ['a number for a tensor of rank 0', tensor({ dtype: 'float32', shape: [] }), '1', null],
    ['null for a tensor of rank 0', tensor({ dtype: 'float32', shape: [] }), 'null', 'INPUT_MISSING'],
    ['no elements where none are wanted', tensor({ dtype: 'string', shape: [0] }), '[]', null],
  ])('%s', (_, field, json, code) => {
    const { codes: found, values } = bothWays(field, json)
    const expected = code === null ? [] : [`0 ${code} x`]
    expect(found).toEqual([expected, expected])
    expect(values[0]).toEqual(values[1])
    expect(values[0] === null || code === null).toBe(true)
  })

  test('what only JSON can say: NaN is stored, a literal beyond float64 is refused', () => {
    const builder = readJson(builderOf({ x: number() }), '{"x":NaN}', '{"x":-Infinity}', '{"x":1e400}', '{"x":-0}')
    expect(codes(builder)).toEqual(['2 INPUT_RANGE x'])
    expect(frameToRows(builder.build().frame)).toEqual([{ x: Number.NaN }, { x: -Infinity }, { x: null }, { x: -0 }])
    const others: Fields = { i: integer(), t: text(), b: boolean(), at: timestamp(), c: category(['NaN']) }
    const refused = readJson(builderOf(others), '{"i":NaN,"t":NaN,"b":NaN,"at":NaN,"c":NaN}')
    expect(codes(refused)).toEqual(['i', 't', 'b', 'at', 'c'].map((name) => `0 INPUT_TYPE ${name}`))
  })

  test('64-bit integers keep every digit', () => {
    const builder = readJson(
      builderOf({ s: integer(), u: integer({ dtype: 'uint64' }) }),
      '{"s":-9223372036854775808,"u":18446744073709551615}',
      '{"s":9007199254740993,"u":9223372036854775808}',
    )
    builder.appendRow({ s: -1, u: 2n ** 64n - 1n })
    builder.appendRow({ s: 9_223_372_036_854_775_808n, u: -1n })
    expect(codes(builder)).toEqual(['3 INPUT_RANGE s', '3 INPUT_RANGE u'])
    expect(builder.build().frame.columns['s']?.data).toEqual(BigInt64Array.of(-(2n ** 63n), 9_007_199_254_740_993n, -1n, 0n))
    expect(builder.build().frame.columns['u']?.data).toEqual(BigUint64Array.of(2n ** 64n - 1n, 2n ** 63n, 2n ** 64n - 1n, 0n))
  })

  test('only JavaScript has Dates, typed arrays and bigints', () => {
    const builder = builderOf({ at: timestamp(), x: tensor({ dtype: 'float32', shape: [2] }), b: tensor({ dtype: 'bool', shape: [2] }) })
    builder.appendRow({ at: new Date(5), x: Float32Array.of(1, 2), b: Uint8Array.of(0, 1) })
    builder.appendRow({ at: new Date(Number.NaN), x: Float64Array.of(1, 1e300), b: Uint8Array.of(0, 2) })
    builder.appendRow({ at: 5, x: new DataView(new ArrayBuffer(8)), b: [true, false] })
    expect(codes(builder)).toEqual(['1 INPUT_TYPE at', '1 INPUT_RANGE x', '1 INPUT_TYPE b', '2 INPUT_TYPE x'])
    expect(frameToRows(builder.build().frame)[0]).toEqual({ at: 5, x: Float32Array.of(1, 2), b: Uint8Array.of(0, 1) })
  })

  test('messages say what was expected and what came', () => {
    const builder = readJson(builderOf({ x: number(), y: integer({ dtype: 'uint8' }) }), '{"x":"secret","y":300}')
    expect(builder.build().issues.map(({ message }) => message)).toEqual([
      'expected a number for `x`, received a string',
      'expected uint8 for `y`, received 300',
    ])
  })
})
