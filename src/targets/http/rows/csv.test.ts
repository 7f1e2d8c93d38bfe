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

  it('has a limit on cells', () => {
    expect(() => readCsv(Buffer.from('1,2,3\n'.repeat(400)), vector, 1000)).toThrow(expect.objectContaining({ code: 'TOO_MANY_ELEMENTS' }))
  })
})
