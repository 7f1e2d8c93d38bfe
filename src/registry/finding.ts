import { SlipwayError, type ErrorCode } from '../core/errors.js'

/** One thing that is wrong. */
export interface Finding {
  readonly code: ErrorCode
  /** The model it was found in; null for a blob or manifest that no version uses. */
  readonly model: string | null
  /** What is wrong: `blob sha256:…`, `manifest sha256:…`, `journal entry 3`, `alias champion`, `checkpoint`. */
  readonly subject: string
  readonly message: string
}

/** A finding before it is known whose it is. */
export type Problem = Omit<Finding, 'model'>

/** Runs `check`; a SlipwayError becomes a problem with `subject`. */
export async function problemsOf(subject: string, check: () => Promise<unknown>): Promise<readonly Problem[]> {
  try {
    await check()
    return []
  } catch (thrown) {
    if (!(thrown instanceof SlipwayError)) throw thrown
    return [{ code: thrown.code, subject, message: thrown.message }]
  }
}
