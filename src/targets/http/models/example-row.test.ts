import { describe, expect, it } from 'vitest'
import { createFrameBuilder } from '../../../core/frame-builder.js'
import { boolean, category, integer, number, tensor, text, timestamp } from '../../../core/fields.js'
import { exampleRow } from './example-row.js'

describe('exampleRow', () => {
  const fields = {
    a: number({ min: 5, max: 7 }),
    b: number({ max: -3 }),
    c: integer({ min: 3, dtype: 'uint8' }),
    d: category(['x', 'y']),
    e: text({ minLength: 6, maxLength: 8 }),
    f: boolean(),
    g: timestamp({ min: '2030-01-01' }),
    h: tensor({ dtype: 'int16', shape: [2, 2], min: 4 }),
    i: tensor({ dtype: 'float32', shape: [null, 2] }),
    j: text({ maxLength: 2 }),
  }

  it('is a row that the frame builder takes without an issue', () => {
    const builder = createFrameBuilder(fields, { unknownFields: 'reject', defaultAction: 'reject' })
    builder.appendRow(exampleRow(fields))
    expect(builder.build().issues).toEqual([])
  })

  it('keeps to the bounds', () => {
    expect(exampleRow(fields)).toEqual({
      a: 6,
      b: -3,
      c: 3,
      d: 'x',
      e: 'text..',
      f: false,
      g: '2030-01-01T00:00:00.000Z',
      h: [
        [4, 4],
        [4, 4],
      ],
      i: [[0, 0]],
      j: 'te',
    })
  })

  it('is not made for tensors that nobody would read', () => {
    expect(exampleRow({ image: tensor({ dtype: 'uint8', shape: [224, 224, 3] }) })).toBeNull()
  })
})
