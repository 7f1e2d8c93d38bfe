import { describe, expect, it } from 'vitest'
import { isRowList } from './predict-rows.js'

describe('isRowList', () => {
  it.each(['{"rows":[]}', ' {\n"rows" :\t[{}]}', '{"rows":['])('sees a list of rows in %j', (text) => {
    expect(isRowList(new TextEncoder().encode(text))).toBe(true)
  })

  it.each(['{"rows":1}', '{"rows":{"a":1}}', '{"row":[]}', '{"rowss":[]}', '[]', '', '{', '{"rows"', '{"a":1,"rows":[]}'])(
    'sees one row, or nothing, in %j',
    (text) => {
      expect(isRowList(new TextEncoder().encode(text))).toBe(false)
    },
  )
})
