import type { Fields } from '../core/field.js'
import type { GuardAction } from '../core/issue.js'
import type { FrameCheck, Subject } from './check.js'
import { inputCodes } from './check.js'
import type { CrossRule } from './cross-check.js'
import { crossCheck } from './cross-check.js'
import { fieldChecks } from './field-checks.js'
import { presenceCheck } from './presence-check.js'

export interface InputGuardOptions {
  /** What happens to rows whose field does not say. */
  readonly onFail: GuardAction
  /** Rules over several fields; they run last, on rows without a finding. */
  readonly cross?: readonly CrossRule[]
  /** Told when a rule throws; the row fails it all the same. */
  readonly onThrow?: (rule: string, error: unknown) => void
}

/**
 * The input checks of a signature as one function over a frame: presence, range, category, length, pattern and finiteness of each field, then
 * the rules over several. Findings go to the log; values that were found wrong before are not judged again.
 */
export function compileInputGuard(fields: Fields, options: InputGuardOptions): FrameCheck {
  const subjects = Object.entries(fields).map(([name, field]): Subject => ({
    name,
    field,
    action: field.onFail ?? options.onFail,
    codes: inputCodes,
  }))
  const presence = presenceCheck(subjects)
  const cross = crossCheck(fields, options.cross ?? [], options.onThrow)
  const checks = [presence, ...subjects.flatMap((subject) => fieldChecks(subject)), cross].filter((check) => check !== null)
  return (frame, log) => {
    for (const check of checks) check(frame, log)
  }
}
