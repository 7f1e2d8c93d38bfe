import { issueLabel } from '../../core/issue.js'
import type { RowIssue } from '../../core/issue.js'
import type { CodeCount } from './run-report.js'

/** Most codes that are told apart; a column of a wrong name makes one a field, no more. */
const most = 1000

/** Counts rows by code, with the message of the first row that had it. */
export class CodeTally {
  readonly #counts = new Map<string, { rows: number; example: string }>()

  add(issues: readonly Pick<RowIssue, 'code' | 'field' | 'message'>[]): void {
    const seen = new Set<string>()
    for (const issue of issues) {
      const code = issueLabel(issue as RowIssue)
      if (seen.has(code)) continue
      seen.add(code)
      this.#count(code, 1, issue.message)
    }
  }

  merge(counts: readonly CodeCount[]): void {
    for (const { code, rows, example } of counts) this.#count(code, rows, example)
  }

  /** Most frequent first. */
  counts(): readonly CodeCount[] {
    return [...this.#counts]
      .map(([code, { rows, example }]) => ({ code, rows, example }))
      .toSorted((a, b) => b.rows - a.rows || (a.code < b.code ? -1 : 1))
  }

  #count(code: string, rows: number, example: string): void {
    const known = this.#counts.get(code)
    if (known !== undefined) known.rows += rows
    else if (this.#counts.size < most) this.#counts.set(code, { rows, example: example.slice(0, 300) })
  }
}
