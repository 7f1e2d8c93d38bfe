import { describe, expect, it } from 'vitest'
import type { RowIssue } from '../core/issue.js'
import type { Prediction } from '../core/prediction.js'
import { outcomeOf, sharedOutcome } from './outcome.js'

const timings = { validateMs: 0, gatherMs: 0, preprocessMs: 0, runMs: 0, postprocessMs: 0, returnMs: 0 }

function prediction(sources: readonly number[], issues: readonly RowIssue[] = []): Prediction {
  const rows = new Map(issues.map((issue) => [issue.row, issues.filter(({ row }) => row === issue.row)]))
  return {
    length: sources.length,
    frame: { length: sources.length, columns: {} },
    sourceNames: ['none', 'model', 'fallback:heuristic'],
    sources: Uint8Array.from(sources),
    issues: rows.size === 0 ? null : rows,
    idPrefix: 'p',
    model: { name: 'm', version: '1', digest: '' },
    timings,
  }
}

function issue(row: number, code: RowIssue['code'], action: RowIssue['action']): RowIssue {
  return { row, code, action, field: null, message: '' }
}

describe('the outcome of a request', () => {
  it('is shared by a prediction whose rows all went the same way', () => {
    expect(sharedOutcome(prediction([1, 1, 1]))).toEqual({ code: 'OK', source: 'model' })
    expect(sharedOutcome(prediction([2, 2]))).toEqual({ code: 'OK', source: 'fallback:heuristic' })
  })

  it('is not shared when rows differ, have issues, or were refused', () => {
    expect(sharedOutcome(prediction([1, 2]))).toBe(null)
    expect(sharedOutcome(prediction([1, 1], [issue(1, 'INPUT_RANGE', 'warn')]))).toBe(null)
    expect(sharedOutcome(prediction([0]))).toBe(null)
  })

  it('looks at the rows of the request alone', () => {
    const mixed = prediction([1, 2, 0, 1, 1], [issue(2, 'INPUT_RANGE', 'warn'), issue(2, 'INPUT_TYPE', 'reject')])
    expect(outcomeOf(mixed, 3, 2)).toEqual({ code: 'OK', source: 'model' })
    expect(outcomeOf(mixed, 1, 1)).toEqual({ code: 'OK', source: 'fallback:heuristic' })
    expect(outcomeOf(mixed, 0, 2)).toEqual({ code: 'OK', source: 'mixed' })
    expect(outcomeOf(mixed, 1, 2)).toEqual({ code: 'OK', source: 'mixed' })
    expect(outcomeOf(mixed, 2, 1)).toEqual({ code: 'INPUT_TYPE', source: 'none' })
  })
})
