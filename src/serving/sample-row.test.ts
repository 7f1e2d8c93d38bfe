import { describe, expect, it } from 'vitest'
import { boolean, category, integer, number, tensor, text, timestamp } from '../core/fields.js'
import { rowsToFrame } from '../core/frame-rows.js'
import { sampleRow } from './sample-row.js'

const fields = {
  plain: number(),
  positive: number({ min: 3, max: 9 }),
  negative: integer({ max: -2n }),
  kind: category(['b', 'a']),
  note: text({ minLength: 3 }),
  flag: boolean(),
  since: timestamp({ min: '2020-01-01' }),
  image: tensor({ dtype: 'uint8', shape: [2, null, null] }),
  words: tensor({ dtype: 'string', shape: [2] }),
  mask: tensor({ dtype: 'bool', shape: [1] }),
  big: tensor({ dtype: 'int64', shape: [1] }),
}

describe('a made-up row', () => {
  it('has the value nearest to zero that each field allows', () => {
    expect(sampleRow(fields)).toEqual({
      plain: 0,
      positive: 3,
      negative: -2n,
      kind: 'b',
      note: 'aaa',
      flag: false,
      since: Date.UTC(2020, 0, 1),
      image: [[[0]], [[0]]],
      words: ['', ''],
      mask: [false],
      big: [0],
    })
  })

  it('is taken by the signature that it was made for', () => {
    expect(rowsToFrame(fields, [sampleRow(fields)]).issues).toEqual([])
  })
})
