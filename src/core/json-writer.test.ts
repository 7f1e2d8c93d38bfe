import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { elementsText, nestedText, numberText, valueText } from './json-writer.js'

test('a number reads back as the same double', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(JSON.parse(numberText(value, 'null'))).toBe(value)
    }),
  )
})

test('NaN and infinities are written in the dialect asked for', () => {
  const values = [Number.NaN, Infinity, -Infinity]
  expect(values.map((value) => numberText(value, 'literal'))).toEqual(['NaN', 'Infinity', '-Infinity'])
  expect(values.map((value) => numberText(value, 'null'))).toEqual(['null', 'null', 'null'])
  expect(values.map((value) => numberText(value, 'string'))).toEqual(['"NaN"', '"Infinity"', '"-Infinity"'])
})

test('any JSON value is written so that it is read back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      expect(JSON.parse(valueText(value, 'null'))).toEqual(value)
    }),
  )
})

test('what JSON.stringify cannot write is written', () => {
  const value = { big: 2n ** 63n, zero: -0, view: Float32Array.of(0.5, 1), gone: undefined, at: new Date(0), hole: [undefined] }
  expect(valueText(value, 'null')).toBe(
    '{"big":9223372036854775808,"zero":-0,"view":[0.5,1],"at":"1970-01-01T00:00:00.000Z","hole":[null]}',
  )
})

test('elements are written by their dtype', () => {
  const all = { start: 0, end: 2, nonFinite: 'literal' } as const
  expect(elementsText(Uint8Array.of(0, 1), 'bool', all)).toBe('false,true')
  expect(elementsText(Uint16Array.of(0x3c00, 0x7e00), 'float16', all)).toBe('1,NaN')
  expect(elementsText(Uint16Array.of(0x3f80, 0xff80), 'bfloat16', all)).toBe('1,-Infinity')
  expect(elementsText(BigInt64Array.of(-1n, 2n ** 63n - 1n), 'int64', all)).toBe('-1,9223372036854775807')
  expect(elementsText(['a"', '\n'], 'string', all)).toBe('"a\\"","\\n"')
  expect(elementsText(Float32Array.of(0.1, 7), 'float32', { ...all, end: 1 })).toBe('0.10000000149011612')
  expect(elementsText(Float32Array.of(0.1), 'float32', { ...all, end: 0 })).toBe('')
})

test('many elements are written as each of them is', () => {
  const value = fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Infinity, 1e21, 5e-324))
  fc.assert(
    fc.property(fc.array(value, { minLength: 17, maxLength: 40 }), fc.boolean(), fc.nat(5), (values, plain, start) => {
      const data = Float64Array.from(plain ? values.map((number) => (Number.isFinite(number) && number !== 0 ? number : 1)) : values)
      const text = elementsText(data, 'float64', { start, end: data.length, nonFinite: 'literal' })
      expect(text).toBe(Array.from(data.subarray(start), (number) => numberText(number, 'literal')).join(','))
    }),
  )
  const texts = Array.from({ length: 20 }, (_, i) => `"${i}\n`)
  expect(elementsText(texts, 'string', { start: 1, end: 20, nonFinite: 'null' })).toBe(
    texts
      .slice(1)
      .map((text) => JSON.stringify(text))
      .join(','),
  )
})

test('a tensor is written nested like its shape', () => {
  const data = Int32Array.of(9, 1, 2, 3, 4, 5, 6)
  expect(nestedText(data, 'int32', [2, 3], { start: 1, nonFinite: 'null' })).toBe('[[1,2,3],[4,5,6]]')
  expect(nestedText(data, 'int32', [], { start: 1, nonFinite: 'null' })).toBe('1')
  expect(nestedText(data, 'int32', [2, 0], { start: 1, nonFinite: 'null' })).toBe('[[],[]]')
})
