import type { ErrorCode } from '../core/errors.js'
import type { Field } from '../core/field.js'
import type { Column, Frame } from '../core/frame.js'
import type { GuardAction } from '../core/issue.js'
import type { IssueLog } from './issue-log.js'

/** Looks at one or more columns of a frame and notes the rows that fail. Rows that pass cost a comparison and no memory. */
export type FrameCheck = (frame: Frame, log: IssueLog) => void

/** The codes that a check answers with: those of inputs, or those of outputs. */
export interface CheckCodes {
  readonly side: 'input' | 'output'
  readonly missing: ErrorCode
  readonly type: ErrorCode
  readonly range: ErrorCode
  readonly category: ErrorCode
  readonly length: ErrorCode
  readonly pattern: ErrorCode
  readonly finite: ErrorCode
}

export const inputCodes: CheckCodes = {
  side: 'input',
  missing: 'INPUT_MISSING',
  type: 'INPUT_TYPE',
  range: 'INPUT_RANGE',
  category: 'INPUT_CATEGORY',
  length: 'INPUT_LENGTH',
  pattern: 'INPUT_PATTERN',
  finite: 'INPUT_FINITE',
}

export const outputCodes: CheckCodes = {
  side: 'output',
  missing: 'OUTPUT_TYPE',
  type: 'OUTPUT_TYPE',
  range: 'OUTPUT_RANGE',
  category: 'OUTPUT_RANGE',
  length: 'OUTPUT_RANGE',
  pattern: 'OUTPUT_RANGE',
  finite: 'OUTPUT_FINITE',
}

/** One field under a guard: what a check needs besides the frame. */
export interface Subject<F extends Field = Field> {
  readonly name: string
  readonly field: F
  readonly action: GuardAction
  readonly codes: CheckCodes
}

export interface Finding {
  readonly code: ErrorCode
  readonly expected: string
  readonly received: string
}

/** Notes that a row failed: ``expected <what> for input `x`, received <what>``. */
export function note(log: IssueLog, subject: Subject, row: number, finding: Finding): void {
  const { name, action, codes } = subject
  const message = `expected ${finding.expected} for ${codes.side} \`${name}\`, received ${finding.received}`
  log.add({ row, code: finding.code, field: name, message, action })
}

/** True when a value that failed is not to be judged: the row lacks it, or the field was found wrong before. */
export function excused(column: Column, log: IssueLog, name: string, row: number): boolean {
  return column.validity?.[row] === 0 || log.knows(row, name)
}
