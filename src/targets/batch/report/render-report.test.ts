import { describe, expect, it } from 'vitest'
import { sampleReport } from '../../../../test/support/batch-report.js'
import type { RunReport } from '../run-report.js'
import { renderReport } from './render-report.js'
import { reportLines } from './report-lines.js'

const hostile = `<script>alert("1")</script>&'`

/** The report with every text of it replaced. */
function replaced(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text
  if (Array.isArray(value)) return value.map((each) => replaced(each, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, name === 'kind' ? each : replaced(each, text)]))
}

const empty: RunReport = {
  ...sampleReport(),
  name: null,
  state: 'failed',
  counts: { read: 0, filtered: 0, written: 0, bad: 0, fallback: 0 },
  timings: { readMs: 0, validateMs: 0, gatherMs: 0, preprocessMs: 0, runMs: 0, postprocessMs: 0, writeMs: 0 },
  badCodes: [],
  rowCodes: [],
  profile: {
    rows: 0,
    outputs: {
      score: { kind: 'number', count: 0, missing: 0, min: null, max: null, mean: null, m2: 0, bins: {} },
      label: { kind: 'category', count: 0, missing: 3, values: {} },
    },
  },
  reference: null,
  quarantine: null,
  output: null,
  stored: null,
  logicalTime: null,
  finishedAt: null,
  resumedPartitions: 0,
  error: { code: 'SOURCE_INVALID', message: '`in.csv` has no rows' },
}

describe('the page of a run', () => {
  it('has counts, distributions with their shift in words, codes, timings and identity', () => {
    const page = renderReport(sampleReport())
    for (const part of [
      '<title>nightly: fraud@3, completed</title>',
      '12,004,127',
      '41,210 left out by the filter',
      'PSI 0.004, stable',
      'moderate shift',
      'ROW_MALFORMED',
      '<code>amount</code> must be a number, received the text &quot;n/a&quot;',
      '31.3%',
      '48, 3 of them from an earlier attempt',
      'readers are answered from it',
      `sha256:${'90ac'.repeat(16)}`,
    ]) {
      expect(page).toContain(part)
    }
  })

  it('needs nothing but itself', () => {
    const page = renderReport(sampleReport())
    expect(page).not.toMatch(/<script|https?:|@import|url\(|\son\w+=/)
    expect(page).not.toMatch(/undefined|NaN|\[object/)
    expect(page.length).toBeLessThan(60_000)
  })

  it('escapes every text of the run, names of outputs and values too', () => {
    const report = replaced(sampleReport(), hostile) as RunReport
    const { outputs } = sampleReport().profile
    const renamed = {
      [hostile]: outputs['probability']!,
      label: { ...outputs['decision']!, values: { [hostile]: 1 } },
    } as RunReport['profile']['outputs']
    const page = renderReport({
      ...report,
      state: 'failed',
      profile: { rows: 1, outputs: renamed },
      error: { code: hostile, message: hostile },
    })
    expect(page).not.toContain('<script')
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;')
    const tags = (text: string): number => text.match(/<[a-z]/g)!.length
    const plain = renderReport({
      ...(replaced(report, 'x') as RunReport),
      state: 'failed',
      profile: { rows: 1, outputs: { x: renamed[hostile]!, label: { ...renamed['label']!, values: { x: 1 } } as never } },
      error: { code: 'x', message: 'x' },
    })
    expect(tags(page)).toBe(tags(plain))
  })

  it('shows a run that read nothing', () => {
    const page = renderReport(empty)
    expect(page).toContain('SOURCE_INVALID')
    expect(page).toContain('no values')
    expect(page).not.toMatch(/undefined|NaN|null|Infinity/)
  })

  it('folds many outputs, those that moved most first', () => {
    const output = sampleReport().profile.outputs['probability']!
    const outputs = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`p[${i}]`, output]))
    const report = sampleReport()
    const page = renderReport({
      ...report,
      profile: { rows: 1, outputs },
      reference: { ...report.reference!, profile: { rows: 1, outputs }, psi: { 'p[40]': 0.5 } },
    })
    expect(page).toContain('52 more outputs')
    expect(page.indexOf('p[40]')).toBeLessThan(page.indexOf('p[0]'))
    expect(page).toContain('PSI 0.500, large shift')
  })
})

describe('the lines of a run', () => {
  it('say what came of it', () => {
    const lines = reportLines(sampleReport())
    expect(lines[0]).toBe('completed: nightly, fraud@3, run 20260302T020000-fraud-7c1e')
    expect(lines[1]).toContain('12,004,127 rows read, 11,960,000 written, 2,917 bad (<0.1%), 18,204 by a fallback (0.2%), 41,210 filtered')
    expect(lines.join('\n')).toContain('gate passed; readers are answered from it')
    expect(lines.length).toBeLessThan(20)
  })

  it('say what went wrong', () => {
    expect(reportLines(empty).slice(0, 2)).toEqual([
      'failed: fraud@3, run 20260302T020000-fraud-7c1e',
      '  SOURCE_INVALID: `in.csv` has no rows',
    ])
  })
})
