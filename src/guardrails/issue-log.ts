import type { GuardAction, RowIssue } from '../core/issue.js'

/** The findings about the rows of one frame. Costs nothing while there are none. */
export class IssueLog {
  #byRow: Map<number, RowIssue[]> | null = null

  /** Starts with what was found before, for example while the rows were read. */
  constructor(found: readonly RowIssue[] = []) {
    for (const issue of found) this.add(issue)
  }

  add(issue: RowIssue): void {
    this.#byRow ??= new Map()
    const issues = this.#byRow.get(issue.row)
    if (issues === undefined) this.#byRow.set(issue.row, [issue])
    else issues.push(issue)
  }

  /** Issues by row, in the order found; null when there is none at all. */
  get byRow(): ReadonlyMap<number, readonly RowIssue[]> | null {
    return this.#byRow
  }

  /** True when the row has any issue. */
  touches(row: number): boolean {
    return this.#byRow?.has(row) === true
  }

  /** True when the field, or the row as a whole, could not be read: then further findings on it say nothing new. */
  knows(row: number, field: string): boolean {
    const issues = this.#byRow?.get(row)
    return issues?.some((issue) => issue.field === field || (issue.field === null && issue.code === 'INPUT_TYPE')) === true
  }

  /** The strongest action that the row's issues ask for; null when it has none. */
  verdict(row: number): GuardAction | null {
    const issues = this.#byRow?.get(row)
    if (issues === undefined) return null
    if (issues.some((issue) => issue.action === 'reject')) return 'reject'
    return issues.some((issue) => issue.action === 'fallback') ? 'fallback' : 'warn'
  }
}
