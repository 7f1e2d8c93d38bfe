import { describe, expect, it } from 'vitest'
import { createJsonReader } from '../../../core/json-reader.js'
import { number, tensor, text } from '../../../core/fields.js'
import { readDataFrameSplit } from './data-frame.js'
import { rowShape } from './read-instance.js'

const limits = { depth: 20, elements: 1000 }
const two = rowShape({ amount: number(), note: text() })
const vector = rowShape({ x: tensor({ dtype: 'float64', shape: [2] }) })

function read(json: string, shape = two): object[] {
  const body = new TextEncoder().encode(json)
  return readDataFrameSplit(createJsonReader(body, limits), shape, { body, limits }).map((row) => ({ ...row }))
}

describe('readDataFrameSplit', () => {
  const rows = [
    { amount: 1, note: 'a' },
    { amount: 2, note: 'b' },
  ]

  it.each([
    ['as pandas writes it', '{"columns":["amount","note"],"index":[0,1],"data":[[1,"a"],[2,"b"]]}'],
    ['with its columns last', '{"data":[["a",1],["b",2]],"columns":["note","amount"]}'],
    ['without columns, in signature order', '{"data":[[1,"a"],[2,"b"]]}'],
  ])('reads a frame %s', (_, json) => {
    expect(read(json)).toEqual(rows)
  })

  it('takes other columns for the elements of the only tensor', () => {
    expect(read('{"columns":["a","b"],"data":[[1,2]]}', vector)).toEqual([{ x: Float64Array.of(1, 2) }])
    expect(read('{"columns":["x"],"data":[[[1,2]]]}', vector)).toEqual([{ x: Float64Array.of(1, 2) }])
  })

  it.each([
    ['no data', '{"columns":["amount"]}', 'INVALID_REQUEST'],
    ['a line that is too short', '{"columns":["amount","note"],"data":[[1]]}', 'INPUT_SHAPE'],
    ['a line that is no list', '{"columns":["amount"],"data":[1]}', 'INVALID_REQUEST'],
    ['columns that are no list', '{"columns":"amount","data":[]}', 'INVALID_REQUEST'],
  ])('refuses %s', (_, json, code) => {
    expect(() => read(json)).toThrow(expect.objectContaining({ code }))
  })
})
