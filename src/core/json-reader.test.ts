import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ElementBuffer } from './element-buffer.js'
import { SlipwayError } from './errors.js'
import type { JsonReader } from './json-reader.js'
import { createJsonReader } from './json-reader.js'

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
