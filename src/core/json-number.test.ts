import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlipwayError } from './errors.js'
import type { JsonReader } from './json-reader.js'
import { createJsonReader } from './json-reader.js'

const reader = (text: string): JsonReader => createJsonReader(new TextEncoder().encode(text))

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof SlipwayError) return error.code
    throw error
  }
  return 'none'
}

const bits = new Uint32Array(2)
const float = new Float64Array(bits.buffer)
const anyDouble = fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 0xffffffff })).map(([low, high]) => {
  bits[0] = low
  bits[1] = high
  return float.at(0) ?? 0
})

function isSame(text: string): boolean {
  const json = reader(text)
  const value = json.number()
  json.end()
  return Object.is(value, JSON.parse(text)) && json.overflowed === !Number.isFinite(value)
}

test('every double, subnormals too, is read back bit for bit from its shortest form', () => {
  fc.assert(
    fc.property(anyDouble, (value) => {
      fc.pre(Number.isFinite(value))
      expect(isSame(String(value))).toBe(true)
    }),
    { numRuns: 3000 },
  )
})

test('any literal rounds as JSON.parse rounds it', () => {
  const digits = fc.stringMatching(/^\d{1,24}$/)
  const literal = fc
    .tuple(fc.constantFrom('', '-'), digits, fc.option(digits), fc.option(fc.integer({ min: -340, max: 320 })))
    .map(([sign, whole, fraction, exponent]) => {
      const head = `${sign}${whole.replace(/^0+(?=\d)/, '')}`
      return `${head}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`
    })
  fc.assert(
    fc.property(literal, (text) => {
      expect(isSame(text)).toBe(true)
    }),
    { numRuns: 5000 },
  )
})

test('values halfway between two doubles round to even', () => {
  const half = fc
    .tuple(fc.bigInt(2n ** 53n, 2n ** 59n), fc.integer({ min: 1, max: 6 }))
    .map(([m, k]) => String(((m >> 6n) << 6n) + 2n ** BigInt(k - 1)))
  fc.assert(fc.property(half, isSame), { numRuns: 2000 })
  for (const text of [
    '9007199254740993',
    '9007199254740992.5',
    '9007199254740993e-1',
    '1.00000000000000011102230246251565',
    '8.5e22',
    '0.1e23',
  ])
    expect([text, isSame(text)]).toEqual([text, true])
})

test.each([
  '0',
  '-0',
  '-0.0',
  '0e400',
  '0.000e-999',
  '5e-324',
  '2.5e-324',
  '2e-324',
  '1.7976931348623157e308',
  '1e22',
  '1e23',
  '123456789012345678',
  '1e00005',
  '1e-99999999999999',
])('%s is read as JSON.parse reads it', (text) => {
  expect(isSame(text)).toBe(true)
})

test('a finite literal beyond the doubles is an infinity that says so', () => {
  const json = reader('[1e400,-1e400,1,Infinity]')
  json.beginArray()
  json.nextItem()
  expect([json.number(), json.overflowed]).toEqual([Infinity, true])
  json.nextItem()
  expect([json.number(), json.overflowed]).toEqual([-Infinity, true])
  json.nextItem()
  expect([json.number(), json.overflowed]).toEqual([1, false])
  json.nextItem()
  expect([json.number({ nonFinite: true }), json.overflowed]).toEqual([Infinity, false])
})

test('NaN and infinities are read only where the caller asks', () => {
  expect(reader('NaN').number({ nonFinite: true })).toBe(Number.NaN)
  expect(reader('-Infinity').number({ nonFinite: true })).toBe(-Infinity)
  expect(codeOf(() => reader('-NaN').number({ nonFinite: true }))).toBe('INVALID_JSON')
  expect(codeOf(() => reader('NaN').number())).toBe('INVALID_JSON')
})

test('whole numbers are exact beyond 2^53', () => {
  const whole = (text: string): unknown => reader(text).integer({ nonFinite: true })
  fc.assert(
    fc.property(
      fc.bigInt(-(2n ** 70n), 2n ** 70n),
      (value) => whole(String(value)) === (Number.isSafeInteger(Number(value)) ? Number(value) : value),
    ),
  )
  expect(whole('9223372036854775807')).toBe(9_223_372_036_854_775_807n)
  expect(whole('3.0')).toBe(3)
  expect(whole('1e3')).toBe(1000)
  expect(whole('12345678901234567.00e2')).toBe(1_234_567_890_123_456_700n)
  expect(whole('1e400')).toBe(10n ** 40n)
  for (const text of ['3.5', '1e-1', '1.00000000000000000001', '9007199254740991.2', 'NaN', '-Infinity']) expect(whole(text)).toBe(null)
})

test('rawNumber gives the literal', () => {
  const json = reader(' -12.50e+1 ')
  expect(json.rawNumber()).toBe('-12.50e+1')
  json.end()
})
