import type { Fields } from '../core/field.js'
import type { GuardAction } from '../core/issue.js'
import type { FrameCheck, Subject } from './check.js'
import { outputCodes } from './check.js'
import { fieldChecks } from './field-checks.js'
import { layoutFits } from './layout-check.js'
import { presenceCheck } from './presence-check.js'
import { schemaCheck } from './schema-check.js'

export interface OutputGuardOptions {
  /** What happens to rows whose output fails. */
  readonly onFail: GuardAction
}

/**
 * The output checks of a signature as one function over a frame: storage type and shape, presence, range, category, sum, finiteness, and the
 * Standard Schema of a field that has one.
 */
export function compileOutputGuard(fields: Fields, options: OutputGuardOptions): FrameCheck {
  const guards = Object.entries(fields).map(([name, field]) => {
    const subject: Subject = { name, field, action: field.onFail ?? options.onFail, codes: outputCodes }
    return { subject, checks: [presenceCheck([subject]), ...fieldChecks(subject), schemaCheck(subject)].filter((check) => check !== null) }
  })
  return (frame, log) => {
    for (const { subject, checks } of guards) {
      if (!layoutFits(subject, frame, log)) continue
      for (const check of checks) check(frame, log)
    }
  }
}
