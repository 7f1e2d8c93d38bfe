import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { engineDTypes } from '../../test/fixtures/dtypes.js'
import type { DType, TensorData } from './dtype.js'
import { bytesPerElement } from './dtype.js'
import { SlipwayError } from './errors.js'
import type { Fields } from './field.js'
import { boolean, category, integer, number, tensor, text, timestamp } from './fields.js'
import { frameToRows, rowsToFrame } from './frame-rows.js'
import { bfloat16ToNumber, float16ToNumber } from './half.js'
import type { NamedTensor, TensorInputOptions } from './oip.js'
import { columnToTensor, datatypeOf, decodeRaw, dtypeOf, encodeRaw, inputSpecs, outputSpecs, tensorsToInputFrame } from './oip.js'
import { canWiden, widen } from './widen.js'

const named = (name: string, dtype: DType, shape: readonly number[], data: TensorData): NamedTensor => ({
  name,
  tensor: { dtype, shape, data },
})

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof SlipwayError) return error.code
    throw error
  }
  return 'none'
}

const rowsOf = (fields: Fields, ...tensors: NamedTensor[]): unknown[] => frameToRows(tensorsToInputFrame(fields, tensors).frame)
const issuesOf = (fields: Fields, ...tensors: NamedTensor[]): string[] =>
  tensorsToInputFrame(fields, tensors).issues.map(({ row, code, field }) => `${row} ${code} ${field}`)

const dtypes: readonly DType[] = [...engineDTypes, 'bfloat16']

describe('names', () => {
  test('every element type has one name, and the name leads back', () => {
    const names = dtypes.map(datatypeOf)
    expect(names).toEqual('BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 FP32 FP64 BYTES BF16'.split(' '))
    expect(names.map(dtypeOf)).toEqual(dtypes)
    expect(['fp32', 'STRING', '', 'constructor'].map(dtypeOf)).toEqual([null, null, null, null])
  })

  test('specs tell the batch dimension and every free one as null', () => {
    const input: Fields = {
      a: number(),
      at: timestamp(),
      n: integer({ dtype: 'uint8' }),
      c: category(['x']),
      f: boolean(),
      i: tensor({ dtype: 'float16', shape: [null, 3] }),
      s: tensor({ dtype: 'int8', shape: [] }),
    }
    expect(inputSpecs({ input })).toEqual([
      { name: 'a', dtype: 'float64', shape: [null, 1] },
      { name: 'at', dtype: 'float64', shape: [null, 1] },
      { name: 'n', dtype: 'uint8', shape: [null, 1] },
      { name: 'c', dtype: 'string', shape: [null, 1] },
      { name: 'f', dtype: 'bool', shape: [null, 1] },
      { name: 'i', dtype: 'float16', shape: [null, null, 3] },
      { name: 's', dtype: 'int8', shape: [null, 1] },
    ])
    expect(outputSpecs({ output: { p: { kind: 'schema', dtype: 'object', optional: false, schema: z.string() } } })).toEqual([
      { name: 'p', dtype: 'string', shape: [null, 1] },
    ])
  })
})

describe('tensors of a request', () => {
  const fields: Fields = { a: number(), b: text({ optional: true }) }
  const a = named('a', 'float64', [2, 1], Float64Array.of(1, 2))
  const b = named('b', 'string', [2], ['x', 'y'])

  test('data of the right type is taken without a copy', () => {
    expect(tensorsToInputFrame(fields, [a]).frame.columns['a']?.data).toBe(a.tensor.data)
    expect(rowsOf(fields, b, a)).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ])
    expect(rowsOf(fields, a)).toEqual([
      { a: 1, b: null },
      { a: 2, b: null },
    ])
  })

  test.each<[string, NamedTensor[], TensorInputOptions, string]>([
    ['a required tensor is missing', [b], {}, 'INPUT_MISSING'],
    ['no tensor at all', [], {}, 'INPUT_MISSING'],
    ['a gatherable tensor is missing', [b], { gatherable: new Set(['a']) }, 'none'],
    ['an unknown tensor', [a, named('zz', 'bool', [2], new Uint8Array(2))], {}, 'INPUT_UNKNOWN'],
    ['an unknown tensor that is ignored', [a, named('zz', 'bool', [9], new Uint8Array(9))], { unknownFields: 'ignore' }, 'none'],
    ['a name that objects inherit', [a, named('constructor', 'bool', [2], new Uint8Array(2))], {}, 'INPUT_UNKNOWN'],
    ['a tensor given twice', [a, a], {}, 'INPUT_DUPLICATE'],
    ['unequal numbers of rows', [a, named('b', 'string', [3], ['', '', ''])], {}, 'INPUT_SHAPE'],
    ['no dimension', [named('a', 'float64', [], Float64Array.of(1))], {}, 'INPUT_SHAPE'],
    ['two columns for a scalar', [named('a', 'float64', [1, 2], Float64Array.of(1, 2))], {}, 'INPUT_SHAPE'],
    ['a rank too many', [named('a', 'float64', [2, 1, 1], Float64Array.of(1, 2))], {}, 'INPUT_SHAPE'],
    ['fewer elements than the shape', [named('a', 'float64', [3, 1], Float64Array.of(1, 2))], {}, 'INPUT_SHAPE'],
    ['texts for a number', [named('a', 'string', [2], ['1', '2'])], {}, 'INPUT_DATATYPE'],
    ['booleans for a number', [named('a', 'bool', [2], new Uint8Array(2))], {}, 'INPUT_DATATYPE'],
    ['numbers for a text', [a, named('b', 'float64', [2], Float64Array.of(1, 2))], {}, 'INPUT_DATATYPE'],
  ])('%s: %s', (_, tensors, options, code) => {
    expect(codeOf(() => tensorsToInputFrame(fields, tensors, options))).toBe(code)
  })

  test('what a fallback may answer is a finding of every row', () => {
    const zz = named('zz', 'bool', [2], new Uint8Array(2))
    const found = (given: Fields, tensors: NamedTensor[], options: TensorInputOptions): unknown[] =>
      tensorsToInputFrame(given, tensors, options).issues.map(({ row, code, field, action }) => [row, code, field, action])
    expect(found({ ...fields, c: number({ onFail: 'fallback' }) }, [a], {})).toEqual([
      [0, 'INPUT_MISSING', 'c', 'fallback'],
      [1, 'INPUT_MISSING', 'c', 'fallback'],
    ])
    expect(found(fields, [a, zz], { defaultAction: 'warn' })).toEqual([
      [0, 'INPUT_UNKNOWN', null, 'warn'],
      [1, 'INPUT_UNKNOWN', null, 'warn'],
    ])
    expect(codeOf(() => found(fields, [zz], { defaultAction: 'warn' }))).toBe('INPUT_UNKNOWN')
    expect(codeOf(() => found(fields, [zz], { unknownFields: 'ignore' }))).toBe('INPUT_MISSING')
  })

  test('NaN is an absent value of a number that is looked up', () => {
    const x = named('x', 'float32', [2], Float32Array.of(Number.NaN, 1))
    const { frame, issues } = tensorsToInputFrame({ x: number() }, [x], { gatherable: new Set(['x']) })
    expect([frameToRows(frame), issues]).toEqual([[{ x: null }, { x: 1 }], []])
  })

  test('a tensor field wants its own dimensions behind the rows', () => {
    const image: Fields = { x: tensor({ dtype: 'uint8', shape: [null, 2] }) }
    const shapes: [number[], string][] = [
      [[2, 3, 2], 'none'],
      [[4, 0, 2], 'none'],
      [[2, 3, 3], 'INPUT_SHAPE'],
      [[12], 'INPUT_SHAPE'],
      [[6, 2], 'INPUT_SHAPE'],
    ]
    for (const [shape, code] of shapes) {
      const count = shape.reduce((product, size) => product * size, 1)
      expect([shape, codeOf(() => tensorsToInputFrame(image, [named('x', 'uint8', shape, new Uint8Array(count))]))]).toEqual([shape, code])
    }
    expect(() => tensorsToInputFrame(image, [named('x', 'uint8', [6, 2], new Uint8Array(12))])).toThrow('expected uint8[?,?,2] for `x`')
  })

  test('NaN is an absent value of an optional number, and a value elsewhere', () => {
    const both = [Number.NaN, 1]
    const data = Float32Array.from(both)
    expect(rowsOf({ x: number({ optional: true }) }, named('x', 'float32', [2], data))).toEqual([{ x: null }, { x: 1 }])
    expect(rowsOf({ x: timestamp({ optional: true }) }, named('x', 'float64', [2], Float64Array.from(both)))).toEqual([
      { x: null },
      { x: 1 },
    ])
    expect(rowsOf({ x: number() }, named('x', 'float32', [2], data))).toEqual([{ x: Number.NaN }, { x: 1 }])
    expect(rowsOf({ x: number({ optional: true, allowNonFinite: true }) }, named('x', 'float32', [2], data))).toEqual([
      { x: Number.NaN },
      { x: 1 },
    ])
  })

  test('64-bit integers are numbers where they are exact, and refused row by row where they are not', () => {
    const ids = BigInt64Array.of(5n, 2n ** 53n + 1n, -(2n ** 62n))
    const input = named('x', 'int64', [3, 1], ids)
    expect(rowsOf({ x: number() }, input)).toEqual([{ x: 5 }, { x: null }, { x: -(2 ** 62) }])
    expect(issuesOf({ x: number() }, input)).toEqual(['1 INPUT_RANGE x'])
    expect(ids[1]).toBe(2n ** 53n + 1n)
  })

  test('times come as milliseconds or as ISO texts', () => {
    const fields: Fields = { at: timestamp() }
    expect(rowsOf(fields, named('at', 'int64', [1], BigInt64Array.of(5n)))).toEqual([{ at: 5 }])
    const texts = named('at', 'string', [2, 1], ['1970-01-01T00:00:01Z', 'soon'])
    expect(rowsOf(fields, texts)).toEqual([{ at: 1000 }, { at: null }])
    expect(issuesOf(fields, texts)).toEqual(['1 INPUT_TYPE at'])
    expect(issuesOf(fields, named('at', 'float64', [2], Float64Array.of(1e300, Number.NaN)))).toEqual([
      '0 INPUT_RANGE at',
      '1 INPUT_TYPE at',
    ])
  })

  test('Standard Schemas see plain values', () => {
    const schema = z.array(z.array(z.number().max(3)))
    const fields: Fields = { x: { ...tensor({ dtype: 'float16', shape: [2, 1] }), schema }, n: number(z.number().transform((n) => n + 1)) }
    const tensors = [
      named('x', 'float16', [2, 2, 1], Uint16Array.of(0x3c00, 0x4000, 0x4400, 0x3c00)),
      named('n', 'int8', [2], Int8Array.of(1, 2)),
    ]
    expect(rowsOf(fields, ...tensors)).toEqual([
      { x: Uint16Array.of(0x3c00, 0x4000), n: 2 },
      { x: null, n: 3 },
    ])
    expect(issuesOf(fields, ...tensors)).toEqual(['1 INPUT_SCHEMA x'])
  })

  test('a bare Standard Schema is given JSON, or the text where it wants that', () => {
    const bare = (schema: z.ZodType): Fields => ({ x: { kind: 'schema', dtype: 'object', optional: true, schema } })
    const texts = ['{"a":1}', '12345', 'plain', '', '{"a":1,"a":2}']
    const input = named('x', 'string', [5, 1], texts)
    expect(rowsOf(bare(z.unknown()), input)).toEqual([{ x: { a: 1 } }, { x: 12_345 }, { x: 'plain' }, { x: null }, { x: '{"a":1,"a":2}' }])
    expect(rowsOf(bare(z.string().optional().nullable()), input)).toEqual(texts.map((text) => ({ x: text === '' ? null : text })))
    expect(rowsOf(bare(z.number()), named('x', 'float64', [1], Float64Array.of(3)))).toEqual([{ x: 3 }])
  })

  test('what a bare Standard Schema made goes out as JSON, and comes back', () => {
    const fields: Fields = { x: { kind: 'schema', dtype: 'object', optional: true, schema: z.unknown() } }
    const rows = [{ x: { a: [1, 'b'] } }, { x: 'text' }, { x: null }]
    const column = rowsToFrame(fields, rows).frame.columns['x']!
    const sent = columnToTensor(column, 0, 3)
    expect(sent).toEqual({ dtype: 'string', shape: [3, 1], data: ['{"a":[1,"b"]}', '"text"', ''] })
    expect(rowsOf(fields, { name: 'x', tensor: sent })).toEqual(rows)
  })

  test('a range of rows is a view', () => {
    const { frame } = rowsToFrame({ x: tensor({ dtype: 'int16', shape: [2] }) }, [{ x: [1, 2] }, { x: [3, 4] }, { x: [5, 6] }])
    const column = frame.columns['x']!
    const sent = columnToTensor(column, 1, 2)
    expect(sent).toEqual({ dtype: 'int16', shape: [2, 2], data: Int16Array.of(3, 4, 5, 6) })
    expect((sent.data as Int16Array).buffer).toBe((column.data as Int16Array).buffer)
  })
})

describe('widening', () => {
  const numeric = dtypes.filter((dtype) => dtype !== 'bool' && dtype !== 'string')
  const pairs = numeric.flatMap((from) => numeric.filter((to) => canWiden(from, to)).map((to) => [from, to] as const))

  /** The number that an element stands for. */
  function meaning(element: unknown, dtype: DType): number {
    if (dtype === 'float16') return float16ToNumber(element as number)
    return dtype === 'bfloat16' ? bfloat16ToNumber(element as number) : Number(element)
  }

  test.each(pairs)('%s as %s means the same numbers', (from, to) => {
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 64 }).filter((array) => array.length % 8 === 0)
    fc.assert(
      fc.property(bytes, (array) => {
        const { data } = decodeRaw(array, from, [array.length / bytesPerElement(from)])
        const wide = widen(data, from, to)
        expect(Array.from(wide as ArrayLike<unknown>, (element) => meaning(element, to))).toEqual(
          Array.from(data as ArrayLike<unknown>, (element) => meaning(element, from)),
        )
      }),
    )
  })

  test('nothing is narrowed, and texts and booleans are never numbers', () => {
    const refused: [DType, DType][] = [
      ['float64', 'float32'],
      ['int64', 'int32'],
      ['uint8', 'int8'],
      ['int8', 'uint16'],
      ['uint64', 'int64'],
      ['int32', 'float32'],
      ['float32', 'int64'],
      ['bool', 'uint8'],
      ['uint8', 'bool'],
      ['string', 'float64'],
      ['float16', 'bfloat16'],
    ]
    expect(refused.filter(([from, to]) => canWiden(from, to))).toEqual([])
  })
})

describe('raw bytes', () => {
  test('data is a view where it is aligned and a copy where it is not', () => {
    const body = new Uint8Array(24)
    const aligned = decodeRaw(body.subarray(8, 24), 'float64', [2]).data as Float64Array
    const shifted = decodeRaw(body.subarray(4, 20), 'float64', [2]).data as Float64Array
    expect(aligned.buffer).toBe(body.buffer)
    expect(shifted.buffer).not.toBe(body.buffer)
  })

  test('a Buffer that is not aligned is copied too, though its `slice` gives a view', () => {
    const buffer = Buffer.from(new ArrayBuffer(24), 4, 16)
    buffer.writeDoubleLE(1.5, 8)
    expect(decodeRaw(buffer, 'float64', [2]).data).toEqual(Float64Array.of(0, 1.5))
  })

  test('numbers are little-endian', () => {
    expect(decodeRaw(Uint8Array.of(1, 2, 0, 0), 'uint32', [1]).data).toEqual(Uint32Array.of(513))
    expect(encodeRaw({ dtype: 'float32', shape: [1], data: Float32Array.of(1) })).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f))
    expect(encodeRaw({ dtype: 'string', shape: [2], data: ['é', ''] })).toEqual(Uint8Array.of(2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0))
  })

  test.each<[string, DType, number[], number[], string]>([
    ['a byte too few', 'uint16', [2], [1, 2, 3], 'INVALID_BINARY'],
    ['a byte too many', 'uint8', [2], [1, 2, 3], 'INVALID_BINARY'],
    ['a boolean of 2', 'bool', [2], [0, 2], 'INVALID_BINARY'],
    ['a text longer than the bytes', 'string', [1], [5, 0, 0, 0, 65], 'INVALID_BINARY'],
    ['a text of 4 GiB', 'string', [1], [255, 255, 255, 255, 65], 'INVALID_BINARY'],
    ['a cut length', 'string', [1], [5, 0], 'INVALID_BINARY'],
    ['fewer texts than the shape', 'string', [2], [0, 0, 0, 0], 'INVALID_BINARY'],
    ['more texts than the shape', 'string', [1], [0, 0, 0, 0, 0, 0, 0, 0], 'INVALID_BINARY'],
    ['many texts in few bytes', 'string', [1e9], [0, 0, 0, 0], 'INVALID_BINARY'],
    ['a text that is no UTF-8', 'string', [1], [1, 0, 0, 0, 255], 'INVALID_UTF8'],
  ])('%s is refused', (_, dtype, shape, bytes, code) => {
    expect(codeOf(() => decodeRaw(Uint8Array.from(bytes), dtype, shape))).toBe(code)
  })
})
