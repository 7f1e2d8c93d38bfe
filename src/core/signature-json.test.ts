import { expect, test } from 'vitest'
import { z } from 'zod'
import { SlipwayError } from './errors.js'
import { boolean, category, integer, number, tensor, text, timestamp } from './fields.js'
import type { Fields } from './field.js'
import { parseFields, parseSignature } from './parse-fields.js'
import { describeFields, describeSignature } from './signature-json.js'

const fields: Fields = {
  amount: number({ min: 0, max: Infinity, unit: 'EUR', onFail: 'fallback', tags: ['money'] }),
  nan: number({ allowNonFinite: true, optional: true }),
  id: integer({ min: 0, max: 2n ** 63n - 1n }),
  age: integer({ dtype: 'uint8', max: 120 }),
  country: category(['DE', 'FR'], { description: 'where' }),
  note: text({ minLength: 1, maxLength: 10, pattern: /^a\/b$/iu }),
  flag: boolean(),
  image: tensor({ dtype: 'float32', shape: [null, 28], min: 0, max: 1, sum: 1, labels: ['a', 'b'] }),
  at: timestamp({ min: '2024-01-01', max: new Date(1_800_000_000_000) }),
  score: number(z.number()),
  extra: { kind: 'schema', dtype: 'object', optional: true, schema: z.object({ a: z.string() }) },
}

test('a signature crosses JSON and comes out the same', () => {
  const json = describeSignature({ input: fields, output: { p: number({ min: 0, max: 1 }) } })
  const read = parseSignature(JSON.parse(JSON.stringify(json)))
  expect(describeSignature(read)).toEqual(json)
  expect(JSON.stringify(describeSignature(read))).toBe(JSON.stringify(json))
})

test('fields without code come out as they were built', () => {
  const plain: Fields = {
    id: fields['id']!,
    note: fields['note']!,
    country: fields['country']!,
    image: fields['image']!,
    flag: fields['flag']!,
  }
  expect({ ...parseFields(JSON.parse(JSON.stringify(describeFields(plain)))) }).toEqual(plain)
})

test('the description is plain data that reads well', () => {
  expect(describeFields({ amount: fields['amount']!, id: fields['id']!, at: fields['at']!, score: fields['score']! })).toEqual([
    { name: 'amount', kind: 'number', dtype: 'float64', min: 0, onFail: 'fallback', unit: 'EUR', tags: ['money'] },
    { name: 'id', kind: 'integer', dtype: 'int64', min: 0, max: '9223372036854775807' },
    { name: 'at', kind: 'timestamp', dtype: 'float64', min: Date.UTC(2024, 0, 1), max: 1_800_000_000_000 },
    { name: 'score', kind: 'number', dtype: 'float64', schema: 'zod' },
  ])
})

test('the order in which a builder got its options does not show', () => {
  const a = describeFields({ x: number({ min: 0, max: 1, unit: 'm' }) })
  const b = describeFields({ x: number({ unit: 'm', max: 1, min: 0 }) })
  expect(JSON.stringify(a)).toBe(JSON.stringify(b))
})

test.each([
  ['no list', {}],
  ['no object', [1]],
  ['no name', [{ kind: 'number', dtype: 'float64' }]],
  ['an unknown kind', [{ name: 'x', kind: 'constructor', dtype: 'float64' }]],
  ['a dtype of another kind', [{ name: 'x', kind: 'number', dtype: 'string' }]],
  ['an unknown key', [{ name: 'x', kind: 'number', dtype: 'float64', other: 1 }]],
  ['a shape that is none', [{ name: 'x', kind: 'tensor', dtype: 'float32', shape: [-1] }]],
  ['a tensor without shape', [{ name: 'x', kind: 'tensor', dtype: 'float32' }]],
  ['a pattern that is none', [{ name: 'x', kind: 'text', dtype: 'string', pattern: { source: '(', flags: '' } }]],
  ['a bound that is a text', [{ name: 'x', kind: 'number', dtype: 'float64', min: '0' }]],
  ['a name given twice', [0, 0].map(() => ({ name: 'x', kind: 'number', dtype: 'float64' }))],
])('%s is refused', (_, json) => {
  expect(() => parseFields(json)).toThrow(SlipwayError)
  expect(() => parseFields(json)).toThrow(/of the stored signature|regular expression/)
})

test('__proto__ is a field name like any other', () => {
  const read = parseFields(JSON.parse('[{"name":"__proto__","kind":"boolean","dtype":"bool"}]'))
  expect(Object.keys(read)).toEqual(['__proto__'])
  expect(describeFields(read)).toEqual([{ name: '__proto__', kind: 'boolean', dtype: 'bool' }])
})
