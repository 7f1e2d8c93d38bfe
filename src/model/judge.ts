import { selectRows } from '../core/frame-ops.js'
import type { FrameCheck } from '../guardrails/check.js'
import { IssueLog } from '../guardrails/issue-log.js'
import type { RowIssue } from '../core/issue.js'
import type { Part } from './isolate.js'

/** A part after the output checks. */
export interface Judged {
  /** The rows that passed, warnings included; null when none did. */
  readonly passed: Part | null
  /** Findings, with the rows of the whole frame. */
  readonly issues: readonly RowIssue[]
  /** Rows of the whole frame that did not pass. */
  readonly failed: readonly number[]
}

/** Puts a part through the output guard. A part without findings is passed on as it is. */
export function judge(part: Part, guard: FrameCheck): Judged {
  const log = new IssueLog()
  guard(part.frame, log)
  if (log.byRow === null) return { passed: part, issues: [], failed: [] }
  const rowOf = (position: number): number => part.rows?.[position] ?? position
  const issues = [...log.byRow.values()].flat().map((issue) => ({ ...issue, row: rowOf(issue.row) }))
  const positions = Array.from({ length: part.frame.length }, (_, position) => position)
  const passing = positions.filter((position) => !stops(log, position))
  const failed = positions.filter((position) => stops(log, position)).map((position) => rowOf(position))
  if (failed.length === 0) return { passed: part, issues, failed }
  const passed = passing.length === 0 ? null : { rows: passing.map((position) => rowOf(position)), frame: selectRows(part.frame, passing) }
  return { passed, issues, failed }
}

function stops(log: IssueLog, position: number): boolean {
  const verdict = log.verdict(position)
  return verdict === 'reject' || verdict === 'fallback'
}
