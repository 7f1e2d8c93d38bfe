import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { runSchema, runSchemaOnRow } from './field-schema.js'

const later = v.pipeAsync(
  v.string(),
  v.checkAsync(async () => Promise.resolve(true)),
)

test('the output or the first issue with its path comes back', () => {
  expect(runSchema(z.string().toUpperCase(), 'a', 'x')).toEqual({ value: 'A', issue: null })
  expect(runSchema(z.object({ a: z.object({ b: z.number() }) }), { a: { b: '1' } }, 'x').issue).toMatch(/^a\.b: /)
  expect(runSchema(v.object({ a: v.number() }), { a: '1' }, 'x').issue).toMatch(/^a: /)
})

test('an asynchronous schema is a fault of the definition, and refuses a row', () => {
  expect(() => runSchema(later, 'a', 'x')).toThrow('the schema of `x` is asynchronous')
  expect(runSchemaOnRow(later, 'a').issue).toContain('asynchronous')
})

test('a long message is cut', () => {
  const long = v.pipe(
    v.string(),
    v.check(() => false, 'x'.repeat(1000)),
  )
  expect(runSchema(long, 'a', 'x').issue).toHaveLength(201)
})
