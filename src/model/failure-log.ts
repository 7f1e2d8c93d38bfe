import type { ErrorCode } from '../core/errors.js'
import { SlipwayError } from '../core/errors.js'
import type { Clock, Logger } from '../core/ports.js'
import type { ModelIdentity } from '../core/prediction.js'

export interface FailureLogParts {
  readonly logger: Logger
  readonly clock: Clock
  readonly identity: ModelIdentity
  /** Counts every failure, those that are not logged too. */
  readonly count: (step: string, code: ErrorCode, rows: number) => void
}

const quietMs = 1000

/** Reports what failed inside a prediction: counted each time, logged at most once a second for each step and code. */
export class FailureLog {
  readonly #parts: FailureLogParts
  readonly #last = new Map<string, { at: number; unlogged: number }>()

  constructor(parts: FailureLogParts) {
    this.#parts = parts
  }

  /** `step` is `execute`, `gather:<table>`, `cross:<rule>` or `fallback:<name>`. */
  report(step: string, rows: number, error: unknown): void {
    const { logger, clock, identity, count } = this.#parts
    const code = error instanceof SlipwayError ? error.code : 'INTERNAL'
    count(step, code, rows)
    const key = `${step} ${code}`
    const now = clock.monotonic()
    const last = this.#last.get(key)
    if (last !== undefined && now - last.at < quietMs) {
      last.unlogged++
      return
    }
    this.#last.set(key, { at: now, unlogged: 0 })
    const fields = {
      model: identity.name,
      version: identity.version,
      step,
      code,
      rows,
      unlogged: last?.unlogged ?? 0,
      cause: causeOf(error),
    }
    logger.warn(fields, 'a step of a prediction failed')
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof SlipwayError && error.cause !== undefined ? error.cause : error
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}
