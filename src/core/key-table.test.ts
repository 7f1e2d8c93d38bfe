import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonReader } from './json-reader.js'
import { createJsonReader, endOfObject, unknownKey } from './json-reader.js'
import { keyTable } from './key-table.js'

const reader = (text: string): JsonReader => createJsonReader(new TextEncoder().encode(text))

const escaped = (text: string): string => text.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

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
