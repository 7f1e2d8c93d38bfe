import type { ErrorCode } from './errors.js'
import type { Field } from './field.js'
import type { GuardAction, RowIssue } from './issue.js'

/** The findings of a frame that is being built. */
export class IssueLog {
  readonly #action: GuardAction
  #issues: RowIssue[] = []

  constructor(action: GuardAction) {
    this.#action = action
  }

  get size(): number {
    return this.#issues.length
  }

  /** A finding about a row; with the action of the field, where there is one that says. */
  add(row: number, code: ErrorCode, name: string | null, field: Field | null, message: string): void {
    this.#issues.push({ row, code, field: name, message, action: field?.onFail ?? this.#action })
  }

  push(issue: RowIssue): void {
    this.#issues.push(issue)
  }

  /** Forgets what concerns rows from `rows` on. */
  truncate(rows: number): void {
    if (this.#issues.some((issue) => issue.row >= rows)) this.#issues = this.#issues.filter((issue) => issue.row < rows)
  }

  /** The findings so far, in the order in which they were made. */
  snapshot(): readonly RowIssue[] {
    return this.#issues.length === 0 ? none : this.#issues.slice()
  }

  clear(): void {
    if (this.#issues.length > 0) this.#issues = []
  }
}

const none: readonly RowIssue[] = Object.freeze([])
