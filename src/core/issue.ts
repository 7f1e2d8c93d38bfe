import type { ErrorCode } from './errors.js'

/** What happens to a row that fails a check: it is refused, answered by the fallback, or answered by the model with the code noted. */
export type GuardAction = 'reject' | 'fallback' | 'warn'

/** One finding about one row. Bad data is a value: findings are collected, never thrown. */
export interface RowIssue {
  /** Index of the row in its frame. */
  readonly row: number
  readonly code: ErrorCode
  /** The field or check that failed; null where it is the whole row. */
  readonly field: string | null
  /** What was expected and what came, fit for the caller. */
  readonly message: string
  readonly action: GuardAction
}

/** How answers and logs name an issue: `INPUT_RANGE:amount`. */
export function issueLabel(issue: RowIssue): string {
  return issue.field === null ? issue.code : `${issue.code}:${issue.field}`
}
