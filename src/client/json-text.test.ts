import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createJsonReader } from '../core/json-reader.js'
import { jsonText } from './json-text.js'
import { readJson } from './read-json.js'

function readBack(text: string): unknown {
  return readJson(createJsonReader(new TextEncoder().encode(text)))
}

test('what JSON can say is written so that JSON.parse gives it back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(jsonText(value, 'literal'))).toEqual(value)
    }),
  )
})

test('every number survives the way there and back, to the bit', () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (values) => {
      const back = readBack(jsonText(values, 'literal')) as readonly (number | bigint)[]
      // Digits between 2^53 and 2^64 may be a 64-bit integer: what a number could lose of them comes as a bigint.
      expect(back.map(Number)).toEqual(values)
    }),
  )
})

test('64-bit integers survive, as bigints where a number would lose digits', () => {
  const values = [9_007_199_254_740_993n, -9_223_372_036_854_775_807n, 18_446_744_073_709_551_615n]
  expect(jsonText({ values }, 'literal')).toBe(`{"values":[${values.join(',')}]}`)
  expect(readBack(jsonText(values, 'literal'))).toEqual(values)
  expect(readBack('[7,-7,9007199254740991]')).toEqual([7, -7, 9_007_199_254_740_991])
  expect(readBack('[9007199254740992,100000000000000000000,123456789012345680000]')).toEqual([2 ** 53, 1e20, 123_456_789_012_345_680_000])
})

test('NaN and infinities have two dialects', () => {
  expect(jsonText([Number.NaN, Infinity, -Infinity, -0], 'literal')).toBe('[NaN,Infinity,-Infinity,-0]')
  expect(jsonText([Number.NaN, Infinity, -Infinity, -0], 'null')).toBe('[null,null,null,-0]')
})

test('typed arrays are arrays, dates ISO texts, absent members left out', () => {
  const row = { image: Uint8Array.of(1, 2), ids: BigInt64Array.of(3n), at: new Date(0), gone: undefined, none: null }
  expect(jsonText(row, 'literal')).toBe('{"image":[1,2],"ids":[3],"at":"1970-01-01T00:00:00.000Z","none":null}')
})

test('a member called __proto__ is a member like any other', () => {
  const value = readBack('{"__proto__":{"polluted":true},"a":1}') as Record<string, unknown>
  expect(Object.keys(value)).toEqual(['__proto__', 'a'])
  expect(value['polluted']).toBeUndefined()
})
