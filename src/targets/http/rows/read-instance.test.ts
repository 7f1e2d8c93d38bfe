import { describe, expect, it } from 'vitest'
import { createJsonReader } from '../../../core/json-reader.js'
import { integer, number, tensor, text } from '../../../core/fields.js'
import type { RowShape } from './read-instance.js'
import { readInstance, rowShape } from './read-instance.js'
import { readColumns } from './read-columns.js'

const scalars = rowShape({ amount: number(), count: integer(), note: text() })
const one = rowShape({ x: number() })
const vector = rowShape({ x: tensor({ dtype: 'float32', shape: [2] }) })
const bytes = (json: string): Uint8Array => new TextEncoder().encode(json)
const read = (json: string, shape: RowShape): object => ({ ...readInstance(createJsonReader(bytes(json)), shape) })

describe('readInstance', () => {
  it.each([
    ['an object', '{"amount":1,"count":2,"note":"a"}', scalars, { amount: 1, count: 2, note: 'a' }],
    ['scalars in order', '[1,2,"a"]', scalars, { amount: 1, count: 2, note: 'a' }],
    ['a bare value', '1.5', one, { x: 1.5 }],
    ['a named only value', '{"x":1.5}', one, { x: 1.5 }],
    ['a base64 text', '{"amount":1,"note":{"b64":"w6k="}}', scalars, { amount: 1, note: 'é' }],
    ['a whole number with all its digits', '{"count":9007199254740993}', scalars, { count: 9007199254740993n }],
    ['a number that is not whole for a whole one', '{"count":1.5}', scalars, { count: 1.5 }],
    ['a vector', '[1,2]', vector, { x: Float32Array.of(1, 2) }],
    ['the elements of a vector by column names', '{"a":1,"b":2}', vector, { x: [1, 2] }],
    ['a vector of another length as it is', '[1,2,3]', vector, { x: [1, 2, 3] }],
    ['an unknown key as it is', '{"colour":"red"}', scalars, { colour: 'red' }],
  ])('reads %s', (_, json, shape, row) => {
    expect(read(json, shape)).toEqual(row)
  })

  it('takes __proto__ for a key like any other', () => {
    const row = readInstance(createJsonReader(bytes('{"__proto__":{"amount":1}}')), scalars)
    expect(Object.keys(row)).toEqual(['__proto__'])
    expect(row['amount']).toBeUndefined()
  })

  it.each([
    ['a key given twice', '{"amount":1,"amount":1}', scalars, 'INPUT_DUPLICATE'],
    ['too few scalars', '[1,2]', scalars, 'INPUT_SHAPE'],
    ['a bare value for several fields', '1', scalars, 'INVALID_REQUEST'],
    ['a number beyond a double', '1e999', one, 'INPUT_RANGE'],
    ['base64 that is none', '{"amount":1,"note":{"b64":"?"}}', scalars, 'INVALID_REQUEST'],
  ])('refuses %s', (_, json, shape, code) => {
    expect(() => read(json, shape)).toThrow(expect.objectContaining({ code }))
  })
})

describe('readColumns', () => {
  const columns = (json: string, shape: RowShape): object[] => readColumns(createJsonReader(bytes(json)), shape).map((row) => ({ ...row }))

  it('turns columns into rows', () => {
    expect(columns('{"amount":[1,2],"note":["a","b"]}', scalars)).toEqual([
      { amount: 1, note: 'a' },
      { amount: 2, note: 'b' },
    ])
    expect(columns('[[1,2],[3,4]]', vector)).toEqual([{ x: Float32Array.of(1, 2) }, { x: Float32Array.of(3, 4) }])
  })

  it.each([
    ['columns of different lengths', '{"amount":[1],"note":[]}', 'INPUT_SHAPE'],
    ['a column that is no list', '{"amount":1}', 'INPUT_SHAPE'],
    ['a column given twice', '{"amount":[1],"amount":[1]}', 'INPUT_DUPLICATE'],
    ['a bare list for several fields', '[1]', 'INVALID_REQUEST'],
  ])('refuses %s', (_, json, code) => {
    expect(() => columns(json, scalars)).toThrow(expect.objectContaining({ code }))
  })
})
