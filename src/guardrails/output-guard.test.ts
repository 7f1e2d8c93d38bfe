import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import type { Fields } from '../core/field.js'
import { category, number, tensor, text } from '../core/fields.js'
import type { Column, Frame } from '../core/frame.js'
import { IssueLog } from './issue-log.js'
import { compileOutputGuard } from './output-guard.js'

function check(fields: Fields, frame: Frame): readonly string[] {
  const log = new IssueLog()
  compileOutputGuard(fields, { onFail: 'fallback' })(frame, log)
  return [...(log.byRow?.values() ?? [])].flat().map((issue) => `${issue.row} ${issue.code} ${issue.message}`)
}

function numbers(...values: number[]): Column {
  return { dtype: 'float64', shape: [], data: Float64Array.from(values), validity: null }
}

describe('the output guard', () => {
  it('checks range and finiteness', () => {
    const frame = { length: 3, columns: { p: numbers(0.5, 1.5, Number.NaN) } }
    expect(check({ p: number({ min: 0, max: 1 }) }, frame)).toEqual([
      '1 OUTPUT_RANGE expected a number from 0 to 1 for output `p`, received 1.5',
      '2 OUTPUT_FINITE expected a number from 0 to 1, finite, for output `p`, received NaN',
    ])
  })

  it('checks that elements sum to what the signature says, within a thousandth', () => {
    const data = Float32Array.of(0.3, 0.7, 0.3, 0.7005, 0.3, 0.6, Number.NaN, 1)
    const frame: Frame = { length: 4, columns: { p: { dtype: 'float32', shape: [2], data, validity: null } } }
    expect(check({ p: tensor({ dtype: 'float32', shape: [2], sum: 1 }) }, frame).map((text) => text.slice(0, 60))).toEqual([
      '3 OUTPUT_FINITE expected finite elements for output `p`, rec',
      '2 OUTPUT_SUM expected elements that sum to 1 for output `p`,',
    ])
  })

  it('checks categories and texts', () => {
    const strings = (...data: string[]): Column => ({ dtype: 'string', shape: [], data, validity: null })
    const frame = { length: 2, columns: { label: strings('yes', '7'), why: strings('ok', 'too long') } }
    expect(check({ label: category(['yes', 'no']), why: text({ maxLength: 3 }) }, frame)).toEqual([
      "1 OUTPUT_RANGE expected one of 'yes', 'no' for output `label`, received '7'",
      '1 OUTPUT_RANGE expected a text with a length of at most 3 characters for output `why`, received 8 characters',
    ])
  })

  it('fails every row of a column of another type, shape or length, and reads no further', () => {
    const frame: Frame = {
      length: 2,
      columns: { a: { dtype: 'float32', shape: [], data: Float32Array.of(1, 2), validity: null }, b: numbers(1), c: numbers(1, 2) },
    }
    const fields = { a: number({ max: 0 }), b: number({ max: 0 }), c: tensor({ dtype: 'float64', shape: [1] }), d: number() }
    expect(check(fields, frame)).toEqual([
      '0 OUTPUT_TYPE expected a number of at most 0 for output `a`, received float32[] with 2 elements',
      '0 OUTPUT_TYPE expected a number of at most 0 for output `b`, received float64[] with 1 elements',
      '0 OUTPUT_TYPE expected float64[1] for output `c`, received float64[] with 2 elements',
      '0 OUTPUT_TYPE expected a number for output `d`, received nothing',
      '1 OUTPUT_TYPE expected a number of at most 0 for output `a`, received float32[] with 2 elements',
      '1 OUTPUT_TYPE expected a number of at most 0 for output `b`, received float64[] with 1 elements',
      '1 OUTPUT_TYPE expected float64[1] for output `c`, received float64[] with 2 elements',
      '1 OUTPUT_TYPE expected a number for output `d`, received nothing',
    ])
  })

  it('refuses an absent output unless it is optional', () => {
    const column: Column = { ...numbers(1, Number.NaN), validity: Uint8Array.of(1, 0) }
    const frame = { length: 2, columns: { a: column, b: column } }
    expect(check({ a: number({ optional: true }), b: number() }, frame)).toEqual([
      '1 OUTPUT_TYPE expected a number for output `b`, received nothing',
    ])
  })

  it('asks the Standard Schema of a field', () => {
    const schema = z.number().refine((value) => value % 2 === 0, 'is odd')
    expect(check({ n: number(schema) }, { length: 2, columns: { n: numbers(2, 3) } })).toEqual(['1 OUTPUT_TYPE output `n`: is odd'])
  })
})
