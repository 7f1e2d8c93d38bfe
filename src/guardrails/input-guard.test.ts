import { describe, expect, it } from 'vitest'
import type { Field, Fields } from '../core/field.js'
import { boolean, category, integer, number, tensor, text, timestamp } from '../core/fields.js'
import { createFrameBuilder } from '../core/frame-builder.js'
import { compileInputGuard } from './input-guard.js'
import type { InputGuardOptions } from './input-guard.js'
import { IssueLog } from './issue-log.js'

function check(fields: Fields, rows: readonly unknown[], options: Partial<InputGuardOptions> = {}): IssueLog {
  const builder = createFrameBuilder(fields, { unknownFields: 'reject', defaultAction: 'reject' })
  for (const row of rows) builder.appendRow(row)
  const { frame, issues } = builder.build()
  const log = new IssueLog(issues)
  compileInputGuard(fields, { onFail: 'reject', ...options })(frame, log)
  return log
}

/** What is found about one field `x` by row: codes and messages. */
function findings(field: Field, values: readonly unknown[]): readonly (string | null)[] {
  const log = check(
    { x: field },
    values.map((x) => ({ x })),
  )
  return values.map((_, row) => {
    const issues = log.byRow?.get(row)
    return issues === undefined ? null : issues.map((issue) => `${issue.code} ${issue.message}`).join('; ')
  })
}

describe('the input guard', () => {
  it('finds nothing in good rows', () => {
    const fields = { a: number({ min: 0 }), b: category(['x', 'y']), c: text({ optional: true }), d: boolean() }
    const log = check(fields, [
      { a: 1, b: 'x', c: 'hello', d: true },
      { a: 0, b: 'y', d: false },
    ])
    expect(log.byRow).toBeNull()
  })

  it('keeps numbers within inclusive bounds and finite', () => {
    expect(findings(number({ min: 0, max: 10, unit: 'EUR' }), [0, 10, -0.001, 10.5, Number.NaN, Infinity])).toEqual([
      null,
      null,
      'INPUT_RANGE expected a number from 0 to 10 EUR for input `x`, received -0.001',
      'INPUT_RANGE expected a number from 0 to 10 EUR for input `x`, received 10.5',
      'INPUT_FINITE expected a number from 0 to 10 EUR, finite, for input `x`, received NaN',
      'INPUT_FINITE expected a number from 0 to 10 EUR, finite, for input `x`, received Infinity',
    ])
    expect(findings(number(), [1e308, -Infinity])).toEqual([
      null,
      'INPUT_FINITE expected a number, finite, for input `x`, received -Infinity',
    ])
  })

  it('lets NaN and infinities pass where they are values, infinities only within the bounds', () => {
    expect(findings(number({ allowNonFinite: true }), [Number.NaN, Infinity, -Infinity])).toEqual([null, null, null])
    expect(findings(number({ allowNonFinite: true, max: 5 }), [Number.NaN, -Infinity, Infinity])).toEqual([
      null,
      null,
      'INPUT_RANGE expected a number of at most 5 for input `x`, received Infinity',
    ])
  })

  it('keeps integers of every width within bounds', () => {
    expect(findings(integer({ min: 1, max: 2n ** 53n + 1n }), [1, 2n ** 53n + 1n, 0, 2n ** 53n + 2n])).toEqual([
      null,
      null,
      'INPUT_RANGE expected a whole number from 1 to 9007199254740993 for input `x`, received 0',
      'INPUT_RANGE expected a whole number from 1 to 9007199254740993 for input `x`, received 9007199254740994',
    ])
    expect(findings(integer({ dtype: 'uint8', max: 9 }), [9, 10])).toEqual([
      null,
      'INPUT_RANGE expected a whole number of at most 9 for input `x`, received 10',
    ])
    expect(findings(integer({ dtype: 'uint64', min: 3 }), [2n ** 64n - 1n, 2])[0]).toBeNull()
  })

  it('knows the categories, and never repeats a long text', () => {
    const long = 'z'.repeat(1000)
    const [fine, wrong, tooLong] = findings(category(['DE', 'FR']), ['FR', 'fr', long])
    expect(fine).toBeNull()
    expect(wrong).toBe("INPUT_CATEGORY expected one of 'DE', 'FR' for input `x`, received 'fr'")
    expect(tooLong).toContain("'zzz")
    expect(tooLong).toContain('(1000 characters)')
    expect(tooLong!.length).toBeLessThan(150)
  })

  it('checks the length of a text before its pattern', () => {
    const pattern = /^[a-z]+$/gy
    expect(findings(text({ minLength: 2, maxLength: 3, pattern }), ['ab', 'ab', 'abc', 'a', 'ABCD', 'AB'])).toEqual([
      null,
      null,
      null,
      'INPUT_LENGTH expected a text with a length from 2 to 3 characters for input `x`, received 1 characters',
      'INPUT_LENGTH expected a text with a length from 2 to 3 characters for input `x`, received 4 characters',
      "INPUT_PATTERN expected a text like /^[a-z]+$/ for input `x`, received 'AB'",
    ])
  })

  it('names the element of a tensor that fails, once a row', () => {
    const field = tensor({ dtype: 'float32', shape: [2, 2], min: 0, max: 1 })
    expect(
      findings(field, [
        [0, 0.5, 1, 0],
        [0, 0, 2, 3],
        [0, Number.NaN, 0, 0],
      ]),
    ).toEqual([
      null,
      'INPUT_RANGE expected finite elements from 0 to 1 for input `x`, received 2 at [1,0]',
      'INPUT_FINITE expected finite elements from 0 to 1 for input `x`, received NaN at [0,1]',
    ])
    expect(
      findings(tensor({ dtype: 'float16', shape: [2], max: 2 }), [
        [2, 1],
        [2.5, 1],
      ]),
    ).toEqual([null, 'INPUT_RANGE expected finite elements of at most 2 for input `x`, received 2.5 at [0]'])
    expect(findings(tensor({ dtype: 'int64', shape: [1], min: 0 }), [[3n], [-1n]])[1]).toContain('received -1 at [0]')
    expect(findings(tensor({ dtype: 'float32', shape: [1], allowNonFinite: true, min: 0 }), [[Number.NaN], [-1]])).toEqual([
      null,
      'INPUT_RANGE expected elements of at least 0 for input `x`, received -1 at [0]',
    ])
  })

  it('keeps timestamps within bounds', () => {
    expect(findings(timestamp({ min: '2020-01-01', max: new Date('2021-01-01') }), ['2020-06-01T00:00:00Z', 0])).toEqual([
      null,
      "INPUT_RANGE expected a point in time from '2020-01-01' to 2021-01-01T00:00:00.000Z for input `x`, received 1970-01-01T00:00:00.000Z",
    ])
  })

  it('does not judge a value that is absent or could not be read', () => {
    expect(findings(number({ min: 5, optional: true }), [null, 6])).toEqual([null, null])
    expect(findings(number({ min: 5 }), ['6'])[0]).toMatch(/^INPUT_TYPE [^;]*$/)
    expect(findings(number({ min: 5 }), [null])[0]).toMatch(/^INPUT_MISSING [^;]*$/)
  })

  it('finds required fields absent in frames that no builder read', () => {
    const log = new IssueLog()
    const column = { dtype: 'float64', shape: [], data: Float64Array.of(1, Number.NaN), validity: Uint8Array.of(1, 0) } as const
    compileInputGuard({ x: number() }, { onFail: 'fallback' })({ length: 2, columns: { x: column } }, log)
    expect(log.byRow!.get(0)).toBeUndefined()
    expect(log.byRow!.get(1)).toEqual([
      { row: 1, code: 'INPUT_MISSING', field: 'x', message: 'expected a number for input `x`, received nothing', action: 'fallback' },
    ])
  })

  it('takes the action of the field before that of the guard', () => {
    const fields = { a: number({ max: 1, onFail: 'warn' }), b: number({ max: 1 }) }
    const log = check(fields, [{ a: 2, b: 2 }], { onFail: 'fallback' })
    expect(log.byRow!.get(0)!.map((issue) => [issue.field, issue.action])).toEqual([
      ['a', 'warn'],
      ['b', 'fallback'],
    ])
    expect(log.verdict(0)).toBe('fallback')
  })
})

describe('rules over several fields', () => {
  const fields = { low: number({ min: 0 }), high: number(), note: text({ optional: true }) }

  it('see only rows without a finding', () => {
    const seen: unknown[] = []
    const test = (row: { low: number; high: number }): boolean | string => {
      seen.push(row)
      return row.low <= row.high || `low ${row.low} is above high ${row.high}`
    }
    const rows = [
      { low: 1, high: 2 },
      { low: 3, high: 2 },
      { low: -1, high: -2 },
    ]
    const log = check(fields, rows, { cross: [{ name: 'order', test, action: 'reject' }] })
    expect(seen).toEqual([
      { low: 1, high: 2, note: null },
      { low: 3, high: 2, note: null },
    ])
    expect(log.byRow!.get(1)).toEqual([
      { row: 1, code: 'INPUT_CROSS', field: 'order', message: 'check `order` failed: low 3 is above high 2', action: 'reject' },
    ])
    expect(log.byRow!.get(2)!.map((issue) => issue.code)).toEqual(['INPUT_RANGE'])
  })

  it('count as failed when they throw or answer later', () => {
    const thrown: unknown[] = []
    const broken = () => {
      throw new Error('secret of the definition')
    }
    const late = async () => true
    const cross = [
      { name: 'broken', test: broken, action: 'warn' },
      { name: 'late', test: late, action: 'warn' },
    ] as const
    const log = check(fields, [{ low: 1, high: 2 }], { cross, onThrow: (rule, error) => thrown.push(rule, String(error)) })
    expect(log.byRow!.get(0)!.map((issue) => issue.message)).toEqual([
      'check `broken` failed: it threw',
      'check `late` failed: it is asynchronous; rows are checked at once',
    ])
    expect(thrown).toEqual(['broken', 'Error: secret of the definition'])
    expect(log.verdict(0)).toBe('warn')
  })
})
