import { describe, expect, it } from 'vitest'
import { number, text } from '../../core/fields.js'
import type { Column } from '../../core/frame.js'
import type { StoredSet } from '../../core/stored-sets.js'
import type { OutputProfile } from '../../monitoring/output-profile.js'
import { createOutputProfiler } from '../../monitoring/output-profiler.js'
import { holdAgainst } from './gate.js'

function profileOf(scores: readonly number[]): OutputProfile {
  const profiler = createOutputProfiler({ score: number() })
  const column: Column = { dtype: 'float64', shape: [], data: Float64Array.from(scores), validity: null }
  profiler.add({ length: scores.length, columns: { score: column } }, null)
  return profiler.profile()
}

const scores = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000)

function set(id: string, change: Partial<StoredSet> = {}): StoredSet {
  const head = { id, model: 'm', version: '1', digest: 'sha256:0', producedAt: 0, state: 'complete', checksum: '0' } as const
  return { ...head, rows: 1000, fallbackRows: 10, details: { profile: profileOf(scores) }, ...change }
}

describe('the gate', () => {
  it('lets the first set pass, and one like the active one', () => {
    expect(holdAgainst(set('a'), null)).toMatchObject({ passed: true, against: null, fallbackShare: 0.01 })
    expect(holdAgainst(set('b'), set('a'))).toMatchObject({ passed: true, reasons: [], against: 'a', psi: { score: 0 } })
  })

  it('refuses scores that have moved, more fallbacks and lost rows, with the figures', () => {
    const moved = set('b', { details: { profile: profileOf(scores.map((score) => score / 3)) }, fallbackRows: 90, rows: 700 })
    const report = holdAgainst(moved, set('a'))
    expect(report.passed).toBe(false)
    expect(report.reasons).toEqual([
      expect.stringMatching(/^the output score has another distribution: PSI [\d.]+, 0\.25 is allowed$/),
      'fallbacks answered 12.857% of the rows, 1% before; 5% more are allowed',
      '700 rows, 1000 before; 20% fewer are allowed',
    ])
    expect(holdAgainst(moved, set('a'), { maxPsi: 100, maxFallbackGrowth: 1, maxShrink: 1 }).passed).toBe(true)
  })

  it('refuses an output that is gone, empty or of another kind', () => {
    const profiler = createOutputProfiler({ score: text() })
    profiler.add({ length: 1, columns: { score: { dtype: 'string', shape: [], data: ['a'], validity: null } } }, null)
    const reasonOf = (profile: OutputProfile): readonly string[] => holdAgainst(set('b', { details: { profile } }), set('a')).reasons
    expect(reasonOf({ rows: 1000, outputs: {} })).toEqual(['the output score is gone'])
    expect(reasonOf(profileOf([Number.NaN]))).toEqual(['the output score has no values any more'])
    expect(reasonOf(profiler.profile())).toEqual(['the output score is a category now, a number before'])
  })

  it('looks at rows and fallbacks alone where the active set has no profile', () => {
    expect(holdAgainst(set('b'), set('a', { details: {} }))).toMatchObject({ passed: true, psi: {} })
  })
})
