import * as fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { SlipwayError } from './errors.js'
import type { Field, Fields } from './field.js'
import { boolean, category, integer, number, tensor, text, timestamp } from './fields.js'
import type { FrameBuilder, FrameBuilderOptions } from './frame-builder.js'
import { createFrameBuilder } from './frame-builder.js'
import { frameToRows, rowsToFrame } from './frame-rows.js'
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

describe('fields of a row', () => {
  const fields: Fields = { a: number(), b: text({ optional: true }), c: boolean({ onFail: 'fallback' }) }

  test('a missing field is an issue, with the action of the field', () => {
    const { issues, frame } = readJson(builderOf(fields), '{}').build()
    expect(issues.map(({ code, field, action }) => [code, field, action])).toEqual([
      ['INPUT_MISSING', 'a', 'reject'],
      ['INPUT_MISSING', 'c', 'fallback'],
    ])
    expect(frameToRows(frame)).toEqual([{ a: null, b: null, c: null }])
    expect(frame.columns['a']?.data).toEqual(Float64Array.of(Number.NaN))
  })

  test('a field that is gathered later may be missing', () => {
    const builder = builderOf(fields, { gatherable: new Set(['a', 'c']) })
    readJson(builder, '{}').appendRow({})
    expect(codes(builder)).toEqual([])
  })

  test('an unknown field is an issue of its row, once, or left unread', () => {
    const row = '{"a":1,"c":true,"zz":[{"deep":NaN}],"constructor":1}'
    expect(codes(readJson(builderOf(fields), row))).toEqual(['0 INPUT_UNKNOWN'])
    expect(codes(readJson(builderOf(fields, { unknownFields: 'ignore' }), row))).toEqual([])
    for (const unknownFields of ['reject', 'ignore'] as const) {
      const builder = builderOf(fields, { unknownFields })
      builder.appendRow({ a: 1, c: true, zz: 1, constructor: 1 })
      expect(codes(builder)).toEqual(unknownFields === 'reject' ? ['0 INPUT_UNKNOWN'] : [])
    }
  })

  test('the message names an unknown field, shortened and escaped', () => {
    const builder = builderOf(fields)
    builder.appendRow({ a: 1, c: true, [`new\nline${'x'.repeat(500)}`]: 1 })
    const [issue] = builder.build().issues
    expect(issue?.message).toContain('"new\\nlinexxx')
    expect(issue?.message.length).toBeLessThan(120)
  })

  test('a field given twice is an issue of its row', () => {
    const builder = readJson(builderOf(fields), '{"a":1,"c":true,"a":2,"\\u0063":false}', '{"a":3,"c":true}')
    expect(codes(builder)).toEqual(['0 INPUT_DUPLICATE a'])
    expect(frameToRows(builder.build().frame)[1]).toEqual({ a: 3, b: null, c: true })
  })

  test.each(['1', '"x"', 'null', '[1,2]', 'true', '[{"a":1,"c":true}]'])('%s is no row', (json) => {
    const builder = readJson(builderOf(fields), json, '{"a":1,"c":true}')
    builder.appendRow(JSON.parse(json))
    expect(codes(builder)).toEqual(['0 INPUT_TYPE', '2 INPUT_TYPE'])
    expect(frameToRows(builder.build().frame)[1]).toEqual({ a: 1, b: null, c: true })
  })

  test('only own properties count', () => {
    const builder = builderOf({ toString: text(), __proto: number({ optional: true }), ['__proto__']: number({ optional: true }) })
    builder.appendRow(Object.create({ toString: 'inherited' }))
    builder.appendRow({ toString: 'own' })
    readJson(builder, '{"toString":"own","__proto__":1}')
    expect(codes(builder)).toEqual(['0 INPUT_MISSING toString'])
    expect(({} as Record<string, unknown>)['1']).toBe(undefined)
  })

  test('broken JSON throws, and the row that it broke leaves nothing behind', () => {
    const builder = readJson(builderOf(fields), '{"a":1,"c":true}')
    expect(() => readJson(builder, '{"a":"bad","b":nul')).toThrow(SlipwayError)
    expect(builder.length).toBe(1)
    readJson(builder, '{"a":2,"c":false}')
    expect(codes(builder)).toEqual([])
    expect(frameToRows(builder.build().frame)).toEqual([
      { a: 1, b: null, c: true },
      { a: 2, b: null, c: false },
    ])
  })
})

describe('Standard Schemas', () => {
  test('a schema runs after the type check, and its output is stored', () => {
    const fields: Fields = {
      n: number(z.number().transform((value) => value * 2)),
      t: text(v.pipe(v.string(), v.toUpperCase())),
      i: integer(z.int().max(10)),
      v: tensor({ dtype: 'float32', shape: [2] }),
    }
    const builder = readJson(builderOf(fields), '{"n":2,"t":"abc","i":3,"v":[1,2]}', '{"n":"2","t":"x","i":11,"v":[1,2]}')
    builder.appendRow({ n: 4, t: 'def', i: 5, v: [1, 2] })
    expect(codes(builder)).toEqual(['1 INPUT_TYPE n', '1 INPUT_SCHEMA i'])
    expect(frameToRows(builder.build().frame).map(({ n, t, i }) => [n, t, i])).toEqual([
      [4, 'ABC', 3],
      [null, 'X', null],
      [8, 'DEF', 5],
    ])
  })

  test('a bare schema keeps its output as it is, and fills in what is absent', () => {
    const schema = z.object({ tags: z.array(z.string()).default(['none']) }).default({ tags: ['absent'] })
    const fields: Fields = { x: { kind: 'schema', dtype: 'object', optional: true, schema } }
    const builder = readJson(
      builderOf(fields),
      '{"x":{"tags":["a"]}}',
      '{"x":{}}',
      '{}',
      '{"x":{"tags":[1]}}',
      '{"x":{"tags":[],"tags":[]}}',
      '{"x":1e999}',
    )
    builder.appendRow({})
    expect(codes(builder)).toEqual(['3 INPUT_SCHEMA x', '4 INPUT_DUPLICATE x', '5 INPUT_RANGE x'])
    const absent = { tags: ['absent'] }
    expect(builder.build().frame.columns['x']?.data).toEqual([{ tags: ['a'] }, { tags: ['none'] }, absent, null, null, null, absent])
  })

  test('a required bare schema that refuses absence is missing', () => {
    const fields: Fields = { x: { kind: 'schema', dtype: 'object', optional: false, schema: v.string() } }
    expect(codes(readJson(builderOf(fields), '{}', '{"x":null}', '{"x":"a"}'))).toEqual(['0 INPUT_MISSING x', '1 INPUT_MISSING x'])
  })

  test('an asynchronous schema refuses every row, and says why', () => {
    const later = v.pipeAsync(
      v.number(),
      v.checkAsync(async () => Promise.resolve(true)),
    )
    const fields = { x: { ...number(), schema: later as unknown as z.ZodType } }
    const { issues } = readJson(builderOf(fields), '{"x":1}').build()
    expect(issues.map(({ code }) => code)).toEqual(['INPUT_SCHEMA'])
    expect(issues[0]?.message).toContain('asynchronous')
  })

  test('a schema that throws has refused the value', () => {
    const fail = (): never => {
      throw new Error('a path: /home/me')
    }
    const fields: Fields = { x: number(z.number().refine(fail)), y: number(v.pipe(v.number(), v.check(fail))) }
    const { issues } = readJson(builderOf(fields), '{"x":1,"y":1}').build()
    expect(issues.map(({ code, field }) => [code, field])).toEqual([
      ['INPUT_SCHEMA', 'x'],
      ['INPUT_SCHEMA', 'y'],
    ])
    expect(issues.some(({ message }) => message.includes('/home'))).toBe(false)
  })
})

describe('free dimensions', () => {
  const fields: Fields = { x: tensor({ dtype: 'int32', shape: [null, 2], optional: true }) }

  test('the first good row tells the shape; the rows before it hold placeholders of that shape', () => {
    const builder = readJson(builderOf(fields), '{}', '{"x":[1,2,3]}', '{"x":[[1,2],[3,4]]}', '{"x":[[1,2]]}', '{"x":[5,6,7,8]}')
    expect(codes(builder)).toEqual(['1 INPUT_SHAPE x', '3 INPUT_SHAPE x'])
    const column = builder.build().frame.columns['x']
    expect(column?.shape).toEqual([2, 2])
    expect(column?.data).toEqual(Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8))
    expect(column?.validity).toEqual(Uint8Array.of(0, 0, 1, 0, 1))
  })

  test('the shape is forgotten with the row that told it', () => {
    const builder = readJson(builderOf(fields), '{}', '{"x":[[1,2],[3,4]]}')
    builder.truncate(1)
    readJson(builder, '{"x":[[1,2]]}')
    expect(builder.build().frame.columns['x']?.data).toEqual(Int32Array.of(0, 0, 1, 2))
    builder.reset()
    readJson(builder, '{"x":[1,2,3,4,5,6]}')
    expect(builder.build().frame.columns['x']?.shape).toEqual([3, 2])
  })

  test('where no row tells it, dimensions are 1', () => {
    expect(readJson(builderOf(fields), '{}', '{}').build().frame.columns['x']).toEqual({
      dtype: 'int32',
      shape: [1, 2],
      data: new Int32Array(4),
      validity: new Uint8Array(2),
    })
  })

  test('a frame of another shape is not appended', () => {
    const builder = readJson(builderOf(fields), '{"x":[[1,2]]}')
    expect(() => builder.appendFrame(rowsToFrame(fields, [{ x: [1, 2, 3, 4] }]))).toThrow(/differ in shape/)
    builder.appendFrame(rowsToFrame(fields, [{}, {}]))
    expect(frameToRows(builder.build().frame)).toEqual([{ x: Int32Array.of(1, 2) }, { x: null }, { x: null }])
  })
})

describe('growing and starting again', () => {
  const fields: Fields = { n: number({ optional: true }), i: integer(), t: text(), v: tensor({ dtype: 'float32', shape: [3] }) }
  const row = (i: number): Record<string, unknown> => ({
    n: i % 7 === 0 ? null : i / 3,
    i,
    t: `row ${i}`,
    v: Float32Array.of(i, i + 1, i + 2),
  })

  test('storage grows without losing a row, and is used again', () => {
    const builder = builderOf(fields)
    for (const length of [1, 100, 3, 1000, 0, 17]) {
      for (let i = 0; i < length; i++) builder.appendRow(row(i))
      expect(builder.length).toBe(length)
      expect(frameToRows(builder.build().frame)).toEqual(Array.from({ length }, (_, i) => row(i)))
      builder.reset()
      expect(builder.length).toBe(0)
    }
  })

  test('storage of one large frame is given back after many small ones', () => {
    const builder = builderOf({ x: number() })
    const storage = (): number => (builder.build().frame.columns['x']?.data as Float64Array | undefined)?.buffer.byteLength ?? -1
    for (let i = 0; i < 200_000; i++) builder.appendRow({ x: i })
    expect(storage()).toBeGreaterThan(1_000_000)
    for (let turn = 0; turn < 100; turn++) {
      builder.reset()
      builder.appendRow({ x: turn })
    }
    expect(storage()).toBeLessThan(1000)
    expect(storage()).toBeGreaterThan(0)
    expect(frameToRows(builder.build().frame)).toEqual([{ x: 99 }])
  })

  test('rows that are taken back take their issues with them', () => {
    const builder = readJson(builderOf({ x: number() }), '{"x":1}', '{"x":"a"}', '{"x":"b"}')
    builder.truncate(2)
    expect(codes(builder)).toEqual(['1 INPUT_TYPE x'])
    readJson(builder, '{"x":3}')
    builder.addIssue({ row: 2, code: 'INPUT_CROSS', field: null, message: 'later', action: 'warn' })
    expect(codes(builder)).toEqual(['1 INPUT_TYPE x', '2 INPUT_CROSS'])
    expect(frameToRows(builder.build().frame)).toEqual([{ x: 1 }, { x: null }, { x: 3 }])
  })

  test('appended frames bring their issues, at their new rows', () => {
    const builder = readJson(builderOf({ x: number() }), '{"x":1}')
    builder.appendFrame(rowsToFrame({ x: number() }, [{ x: 2 }, { x: 'bad' }]))
    expect(codes(builder)).toEqual(['2 INPUT_TYPE x'])
    expect(() => builder.appendFrame(rowsToFrame({ x: text() }, [{ x: 'a' }]))).toThrow(/expected float64 for `x`, received string/)
  })
})

test('batched and alone, every row gets the same values and the same issues', () => {
  const fields: Fields = {
    a: number(),
    b: integer({ dtype: 'uint8', optional: true }),
    c: category(['x', 'y']),
    d: tensor({ dtype: 'float32', shape: [2], optional: true }),
    e: boolean({ optional: true }),
    f: timestamp({ optional: true }),
    g: text(z.string().max(3)),
  }
  const anything = fc.constantFrom(
    '1',
    '-1.5',
    '300',
    '"x"',
    '"long text"',
    'true',
    'null',
    '[1,2]',
    '[1,2,3]',
    '[[1],[2]]',
    '{"a":1}',
    'NaN',
    '1e999',
    '"2024-01-01"',
  )
  const good: Readonly<Record<string, string>> = { a: '1.5', b: '7', c: '"x"', d: '[1,2]', e: 'true', f: '0', g: '"abc"' }
  const member = fc.tuple(fc.constantFrom(...Object.keys(fields), 'unknown'), fc.option(anything, { freq: 2, nil: 'good' }))
  const rowText = fc.array(member, { maxLength: 9 }).map((members) => {
    const text = members.map(([key, value]) => `"${key}":${value === 'good' ? (good[key] ?? '0') : value}`)
    return `{${text.join(',')}}`
  })
  fc.assert(
    fc.property(fc.array(fc.oneof(rowText, fc.constantFrom('1', '[]')), { minLength: 1, maxLength: 8 }), (rows) => {
      const batch = readJson(builderOf(fields), ...rows).build()
      const alone = rows.map((row) => readJson(builderOf(fields), row).build())
      expect(frameToRows(batch.frame)).toEqual(alone.flatMap(({ frame }) => frameToRows(frame)))
      expect(batch.issues).toEqual(alone.flatMap(({ issues }, row) => issues.map((issue) => ({ ...issue, row }))))
    }),
    { numRuns: 500 },
  )
})
