import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ElementBuffer } from './element-buffer.js'
import { SlipwayError } from './errors.js'
import type { JsonReader } from './json-reader.js'
import { createJsonReader, endOfObject, unknownKey } from './json-reader.js'
import { keyTable } from './key-table.js'

const encoder = new TextEncoder()
const reader = (text: string, limits = {}): JsonReader => createJsonReader(encoder.encode(text), limits)

function readAll(bytes: Uint8Array | string): unknown {
  const json = createJsonReader(typeof bytes === 'string' ? encoder.encode(bytes) : bytes)
  const value = json.value()
  json.end()
  return value
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof SlipwayError) return error.code
    throw error
  }
  return 'none'
}

function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  return 'none'
}

const escaped = (text: string): string => text.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Plain prototypes, so that a null prototype does not hide a difference. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

describe('values', () => {
  test('any document reads as JSON.parse reads it, whatever its white space', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 6 }), fc.integer({ min: 0, max: 3 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(plain(readAll(text))).toEqual(plain(JSON.parse(text)))
      }),
      { numRuns: 500 },
    )
  })

  test('a text is the same with any of its UTF-16 units escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.infiniteStream(fc.boolean()), (text, escape) => {
        const json = Array.from(text, (point) => (escape.next().value ? escaped(point) : JSON.stringify(point).slice(1, -1)))
        expect(readAll(`"${json.join('')}"`)).toBe(text)
      }),
    )
  })

  test('skip ends where value ends', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = `[${JSON.stringify(value)},1]`
        const json = reader(text)
        json.beginArray()
        json.nextItem()
        json.skip()
        expect(json.nextItem()).toBe(true)
        expect(json.number()).toBe(1)
      }),
    )
  })

  test('random bytes are accepted exactly where a strict decoder and JSON.parse accept them', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const soup = fc.string({ unit: fc.constantFrom(...'[]{}:,"\\u0dD8eE+-.19truefalsn \n\t\u0001é'.split('')), maxLength: 12 })
    fc.assert(
      fc.property(soup, (text) => {
        const bytes = encoder.encode(text)
        let accepted = true
        try {
          JSON.parse(decoder.decode(bytes))
        } catch {
          accepted = false
        }
        const code = codeOf(() => readAll(bytes))
        const fine = ['none', 'INVALID_UTF8', 'INPUT_DUPLICATE', 'INPUT_RANGE']
        expect(accepted ? fine : ['INVALID_JSON', ...fine.slice(1)]).toContain(code)
      }),
      { numRuns: 5000 },
    )
  })

  test.each([
    ['{"a":1,}', 'INVALID_JSON'],
    ['[1,]', 'INVALID_JSON'],
    ['[,1]', 'INVALID_JSON'],
    ['{,}', 'INVALID_JSON'],
    ['[1 2]', 'INVALID_JSON'],
    ['{"a" 1}', 'INVALID_JSON'],
    ['{a:1}', 'INVALID_JSON'],
    ["'a'", 'INVALID_JSON'],
    ['01', 'INVALID_JSON'],
    ['-01', 'INVALID_JSON'],
    ['1.', 'INVALID_JSON'],
    ['.5', 'INVALID_JSON'],
    ['+1', 'INVALID_JSON'],
    ['1e', 'INVALID_JSON'],
    ['1e+', 'INVALID_JSON'],
    ['-', 'INVALID_JSON'],
    ['0x10', 'INVALID_JSON'],
    ['NaN', 'INVALID_JSON'],
    ['Infinity', 'INVALID_JSON'],
    ['-Infinity', 'INVALID_JSON'],
    ['tru', 'INVALID_JSON'],
    ['nulll', 'INVALID_JSON'],
    ['"a', 'INVALID_JSON'],
    ['"\\', 'INVALID_JSON'],
    ['"\\x41"', 'INVALID_JSON'],
    ['"\\u12"', 'INVALID_JSON'],
    ['"\\u12G4"', 'INVALID_JSON'],
    ['"\u0000"', 'INVALID_JSON'],
    ['"a\nb"', 'INVALID_JSON'],
    ['\u000b1', 'INVALID_JSON'],
    ['\u00a01', 'INVALID_JSON'],
    ['\uFEFF1', 'INVALID_JSON'],
    ['', 'INVALID_JSON'],
    ['[', 'INVALID_JSON'],
    ['{"a"', 'INVALID_JSON'],
    ['1 2', 'INVALID_JSON'],
    ['"\\uD800"', 'INVALID_UTF8'],
    ['"\\uDC00"', 'INVALID_UTF8'],
    ['"\\uD800\\u0041"', 'INVALID_UTF8'],
    ['"\\uD800x"', 'INVALID_UTF8'],
    ['"\\uDC00\\uD800"', 'INVALID_UTF8'],
    ['1e400', 'INPUT_RANGE'],
    ['{"a":1,"a":2}', 'INPUT_DUPLICATE'],
    ['{"a":1,"\\u0061":2}', 'INPUT_DUPLICATE'],
    ['{"__proto__":1,"__proto__":2}', 'INPUT_DUPLICATE'],
  ])('%j is refused as %s', (text, code) => {
    expect(codeOf(() => readAll(text))).toBe(code)
  })

  test.each([
    [[0x22, 0xff, 0x22]],
    [[0x22, 0xc0, 0x80, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0x22, 0xe2, 0x82, 0x22]],
    [[0x22, 0x5c, 0x6e, 0xff, 0x22]],
  ])('bytes %j are refused as INVALID_UTF8, read or skipped', (bytes) => {
    expect(codeOf(() => createJsonReader(Uint8Array.from(bytes)).value())).toBe('INVALID_UTF8')
    expect(codeOf(() => createJsonReader(Uint8Array.from(bytes)).skip())).toBe('INVALID_UTF8')
  })

  test('a message names the byte offset', () => {
    expect(messageOf(() => readAll('{"a": [1, x]}'))).toContain('`x`, at byte 10')
    expect(messageOf(() => readAll('\uFEFF{}'))).toContain('byte order mark, at byte 0')
  })

  test('__proto__ is a key like any other, and objects have no prototype', () => {
    const value = readAll('{"__proto__":{"polluted":true},"constructor":1}') as Record<string, unknown>
    expect(Object.getPrototypeOf(value)).toBe(null)
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).toBe(undefined)
  })

  test('a byte order mark inside a string is kept', () => {
    expect(readAll('"\uFEFFa and more than twelve bytes"')).toBe('\uFEFFa and more than twelve bytes')
  })

  test('after a duplicate key or a number too large the reader goes on behind the value', () => {
    const json = reader('[{"a":1,"a":2},1e999,3]')
    json.beginArray()
    json.nextItem()
    expect(codeOf(() => json.value())).toBe('INPUT_DUPLICATE')
    json.nextItem()
    expect(codeOf(() => json.value())).toBe('INPUT_RANGE')
    json.nextItem()
    expect(json.value()).toBe(3)
    expect(json.nextItem()).toBe(false)
    json.end()
  })
})

describe('limits', () => {
  test('nesting to the limit is read, one deeper is TOO_DEEP', () => {
    expect(codeOf(() => readAll('['.repeat(100) + ']'.repeat(100)))).toBe('none')
    expect(codeOf(() => readAll('['.repeat(101) + ']'.repeat(101)))).toBe('TOO_DEEP')
    expect(codeOf(() => reader('{"a":'.repeat(101) + '1' + '}'.repeat(101)).skip())).toBe('TOO_DEEP')
    expect(codeOf(() => reader('['.repeat(1e6), { depth: 1e6 }).value())).toBe('TOO_DEEP')
  })

  test('items and members count towards the element limit of the whole document', () => {
    expect(codeOf(() => reader('[[1],{"a":2}]', { elements: 4 }).value())).toBe('none')
    expect(codeOf(() => reader('[[1],{"a":2}]', { elements: 3 }).value())).toBe('TOO_MANY_ELEMENTS')
    expect(codeOf(() => reader('[1,2,3]', { elements: 2 }).elements(new ElementBuffer('float32')))).toBe('TOO_MANY_ELEMENTS')
  })
})

describe('numbers', () => {
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
})

describe('keys', () => {
  const names = ['amount', 'a', '', 'ключ', 'quo"te', 'new\nline', '__proto__', 'constructor', '\ud83d\ude00', 'amoun', 'a":1,"b']
  const table = keyTable(names)

  test('known keys are found in any order, escaped or not, whatever the hint', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: 1 }), fc.nat(12), fc.boolean(), (subset, hint, escape) => {
        const keys = subset.map((name) => (escape ? `"${escaped(name)}"` : JSON.stringify(name)))
        const json = reader(`{${keys.map((key) => ` ${key} : 1`).join(',')}}`)
        json.beginObject()
        for (const name of subset) {
          expect(json.keyIndex(table, hint)).toBe(names.indexOf(name))
          json.number()
        }
        expect(json.keyIndex(table)).toBe(endOfObject)
        json.end()
      }),
    )
  })

  test('an unknown key is told with its text', () => {
    const json = reader('{"amounts":1,"b":2,"amou":3}')
    json.beginObject()
    for (const key of ['amounts', 'b', 'amou']) {
      expect(json.keyIndex(table)).toBe(unknownKey)
      expect(json.key).toBe(key)
      json.skip()
    }
    expect(json.keyIndex(table)).toBe(endOfObject)
  })

  test('a text is found by its bytes, or left unread', () => {
    const json = reader('["a","\\u0061","zz"]')
    json.beginArray()
    json.nextItem()
    expect(json.stringIndex(table)).toBe(1)
    json.nextItem()
    expect(json.stringIndex(table)).toBe(1)
    json.nextItem()
    expect(json.stringIndex(table)).toBe(-1)
    expect(json.string()).toBe('zz')
  })
})

describe('pulling', () => {
  test('peek names what stands next', () => {
    const tokens = ['{}', '[]', '""', '-1', 'NaN', 'true', 'false', 'null', ' '].map((text) => reader(text).peek())
    expect(tokens).toEqual(['object', 'array', 'string', 'number', 'number', 'true', 'false', 'null', 'end'])
    expect(codeOf(() => reader(']').peek())).toBe('INVALID_JSON')
  })

  test('a second document may follow when end is not asked for', () => {
    const json = reader('{"a":true} {"b":1}')
    json.beginObject()
    expect(json.nextKey()).toBe('a')
    expect(json.boolean()).toBe(true)
    expect(json.nextKey()).toBe(null)
    expect(codeOf(() => json.end())).toBe('INVALID_JSON')
  })

  test('a value can be skipped and read later', () => {
    const json = reader('{"data":[1,2],"datatype":"FP32","more":null}')
    json.beginObject()
    json.nextKey()
    const data = json.position
    json.skip()
    json.nextKey()
    expect(json.string()).toBe('FP32')
    const behind = json.position
    json.seek(data)
    expect(json.value()).toEqual([1, 2])
    json.seek(behind)
    expect(json.nextKey()).toBe('more')
    json.null()
    expect(json.nextKey()).toBe(null)
    json.end()
  })
})
