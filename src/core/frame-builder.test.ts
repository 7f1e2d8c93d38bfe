import * as fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { SlipwayError } from './errors.js'
import type { Fields } from './field.js'
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
