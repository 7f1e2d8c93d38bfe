import { describe, expect, it } from 'vitest'
import { category, integer, number, tensor, text, timestamp } from '../../../core/fields.js'
import { fieldSchema, rowSchema } from './field-schema.js'

describe('fieldSchema', () => {
  it.each([
    [
      number({ min: 0, max: 1, unit: 'EUR', description: 'Amount' }),
      { type: 'number', minimum: 0, maximum: 1, description: 'Amount (EUR)' },
    ],
    [integer({ dtype: 'uint8', max: 9n }), { type: 'integer', maximum: 9, format: 'uint8' }],
    [category(['a', 'b']), { type: 'string', enum: ['a', 'b'] }],
    [text({ pattern: /^a+$/, maxLength: 3 }), { type: 'string', maxLength: 3, pattern: '^a+$' }],
    [
      timestamp(),
      {
        anyOf: [
          { type: 'string', format: 'date-time' },
          { type: 'number', description: 'milliseconds since 1970' },
        ],
      },
    ],
    [
      tensor({ dtype: 'uint8', shape: [null, 2], max: 9 }),
      { type: 'array', items: { type: 'array', minItems: 2, maxItems: 2, items: { type: 'integer', maximum: 9 } } },
    ],
    [number({ optional: true }), { anyOf: [{ type: 'number' }, { type: 'null' }] }],
  ])('describes a field', (field, schema) => {
    expect(fieldSchema(field)).toEqual(schema)
  })

  it('requires what is not optional', () => {
    expect(rowSchema({ a: number(), b: number({ optional: true }) })).toMatchObject({ required: ['a'] })
  })
})
