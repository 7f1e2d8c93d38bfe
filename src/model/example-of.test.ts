import { describe, expect, it } from 'vitest'
import type { FieldsLike } from '../core/field-types.js'
import { boolean, category, integer, number, tensor, text, timestamp } from '../core/fields.js'
import { createRowCheck } from './check-examples.js'
import { defineModel } from './define-model.js'
import type { ModelDefinition } from './definition.js'
import { exampleOf } from './example-of.js'

const define = (input: FieldsLike, more: object = {}): ModelDefinition =>
  defineModel({ name: 'm', artifact: 'm.onnx', input, output: { y: number() }, ...more } as never) as unknown as ModelDefinition

describe('the example of a definition', () => {
  const fields = {
    amount: number({ min: 5, max: 7 }),
    count: integer({ min: 3, dtype: 'uint8' }),
    serial: integer({ min: 2n ** 60n }),
    kind: category(['x', 'y']),
    note: text(),
    comment: text({ minLength: 12, maxLength: 14 }),
    flag: boolean(),
    since: timestamp({ min: '2030-01-01' }),
    grid: tensor({ dtype: 'int16', shape: [2, 2], min: 4 }),
    free: tensor({ dtype: 'float32', shape: [null, 2] }),
  }

  it('is made up where there is none: it passes the checks, and its texts read as texts', () => {
    const definition = define(fields)
    const example = exampleOf(definition)!
    expect(createRowCheck(definition)(example)).toEqual([])
    expect(Object.keys(example)).toEqual(Object.keys(fields))
    expect([example['note'], example['comment']]).toEqual(['a fine day', 'a fine day a'])
    expect(example['since']).toMatch(/^2030-01-\d\dT/)
    expect(example['serial']).toBeTypeOf('bigint')
    expect(example['grid']).toEqual([
      [expect.any(Number), expect.any(Number)],
      [expect.any(Number), expect.any(Number)],
    ])
    expect(example['free']).toHaveLength(8)
  })

  it('is the first that was given, as JSON has it', () => {
    const given = { amount: 6, count: 4, serial: 2n ** 61n, kind: 'y', note: '', comment: 'twelve chars', flag: true }
    const since = new Date('2031-02-03T04:05:06Z')
    const row = { ...given, since, grid: Int16Array.of(4, 5, 6, 7), free: [1, 2, 3, 4] }
    const definition = define({ ...fields, half: tensor({ dtype: 'float16', shape: [1] }) }, { examples: [{ ...row, half: [0.5] }] })
    expect(exampleOf(definition)).toEqual({
      ...given,
      since: '2031-02-03T04:05:06.000Z',
      grid: [
        [4, 5],
        [6, 7],
      ],
      free: [
        [1, 2],
        [3, 4],
      ],
      half: [0.5],
    })
  })

  it('keeps to rules over several fields', () => {
    const input = { low: number({ min: 0, max: 10 }), high: number({ min: 0, max: 10 }) }
    const definition = define(input, { guard: { cross: { order: (row: { low: number; high: number }) => row.low > row.high } } })
    const { low, high } = exampleOf(definition) as { low: number; high: number }
    expect(low).toBeGreaterThan(high)
  })

  it('is null where it would be too long to read, or cannot be made up', () => {
    const image = { image: tensor({ dtype: 'uint8', shape: [224, 224, 3] }) }
    const validate = (value: unknown): object => (typeof value === 'string' ? { value } : { issues: [{ message: 'no text' }] })
    const anything = { '~standard': { version: 1 as const, vendor: 'test', validate } } as FieldsLike[string]
    expect(exampleOf(define(image))).toBeNull()
    expect(exampleOf(define(image, { examples: [{ image: new Uint8Array(224 * 224 * 3) }] }))).toBeNull()
    expect(exampleOf(define({ anything }))).toBeNull()
    expect(exampleOf(define({ code: text({ pattern: /^Q[0-9]{7}Z$/ }) }))).toBeNull()
  })
})
