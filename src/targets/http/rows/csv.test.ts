import { describe, expect, it } from 'vitest'
import { boolean, category, integer, number, tensor, text, timestamp } from '../../../core/fields.js'
import { readCsv } from './csv.js'
import { rowShape } from './read-instance.js'

const fields = {
  amount: number(),
  count: integer(),
  member: boolean(),
  country: category(['DE', 'FR']),
  note: text({ optional: true }),
  at: timestamp({ optional: true }),
}
const many = rowShape(fields)
const vector = rowShape({ x: tensor({ dtype: 'float32', shape: [3] }) })
const read = (csv: string, shape = many): object[] => readCsv(Buffer.from(csv), shape, 1000).map((row) => ({ ...row }))

describe('readCsv', () => {
  it('reads values by the kind of their field, in the order of the header', () => {
    expect(read('country,count,amount,member,note,at\nDE,9007199254740993,1.5,True,"a ""b"", c",2024-01-01T00:00:00Z\n')).toEqual([
      { country: 'DE', count: 9007199254740993n, amount: 1.5, member: true, note: 'a "b", c', at: '2024-01-01T00:00:00Z' },
    ])
  })

  it('reads an empty cell as a missing value, and as an empty text in a text field', () => {
    expect(read('amount,note\n,\n')).toEqual([{ amount: null, note: '' }])
  })

  it('leaves what is no value of the kind to the checks', () => {
    expect(read('amount,count,member\nlots,1.5,maybe\n')).toEqual([{ amount: 'lots', count: 1.5, member: 'maybe' }])
  })

  it('reads NaN and infinities by their names', () => {
    expect(read('amount\nnan\n-Inf\n')).toEqual([{ amount: Number.NaN }, { amount: -Infinity }])
  })

  it('keeps a column that is not in the signature, to be refused by name', () => {
    expect(read('amount,colour\n1,red\n')).toEqual([{ amount: 1, colour: 'red' }])
  })

  it.each([
    ['a header of names', 'a,b,c\n1,2,3\n', [[1, 2, 3]]],
    [
      'no header',
      '1,2,3\n4,5,6\n',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    ['the header that pandas numbers', '0,1,2\n4,5,6\n', [[4, 5, 6]]],
    ['missing cells', '1,,3\n', [[1, Number.NaN, 3]]],
  ])('fills the only tensor from %s', (_, csv, rows) => {
    expect(read(csv, vector)).toEqual(rows.map((x) => ({ x })))
  })

  it.each<[string, string, number[][]]>([
    [
      'no header',
      '-1.18, -1.05,2\n0.5,-1.9 ,\t3\n',
      [
        [-1.18, -1.05, 2],
        [0.5, -1.9, 3],
      ],
    ],
    ['a header', 'a , b,c\n1, ,3\n', [[1, Number.NaN, 3]]],
    ['the header that pandas numbers', '0, 1, 2\n4,5,6\n', [[4, 5, 6]]],
  ])('loses no row to blanks around its cells, with %s', (_, csv, rows) => {
    expect(read(csv, vector)).toEqual(rows.map((x) => ({ x })))
  })

  it('keeps blanks in texts and categories, and drops them elsewhere', () => {
    expect(read('amount, count , member,country,note,at\n 1.5 , 7, true , DE, b ,\n')).toEqual([
      { amount: 1.5, count: 7n, member: true, country: ' DE', note: ' b ', at: null },
    ])
  })

  it.each([
    ['a row of several kinds', '1.5,1,true,DE,a,\n', many],
    ['a number that is mistyped', '1.5,1.O,2\n3,4,5\n', vector],
    ['a name beside numbers', 'x,1,2\n3,4,5\n', vector],
  ])('refuses a first line that is neither header nor numbers: %s', (_, csv, shape) => {
    expect(() => read(csv, shape)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })

  it('takes a header in which a field is called like a number', () => {
    expect(read('a,1\n2,3\n', rowShape({ a: number(), 1: number() }))).toEqual([{ a: 2, 1: 3 }])
  })

  it('has a limit on cells', () => {
    expect(() => readCsv(Buffer.from('1,2,3\n'.repeat(400)), vector, 1000)).toThrow(expect.objectContaining({ code: 'TOO_MANY_ELEMENTS' }))
  })
})
