import type { SlipwayError } from '../core/errors.js'
import type { Logger } from '../core/ports.js'

/** A call as the log tells it from others. */
interface LoggedCall {
  readonly requestId: string
  readonly traceParent: string | null
}

/**
 * Logs an error that is the server's own: the caller is told its message alone, what lies behind it is found under the request id, which the
 * caller has too. 503 is a warning: it passes. 501 is the caller's to mend: nothing here is broken.
 */
export function logFailure(
  logger: Logger,
  error: SlipwayError,
  { call, route }: { readonly call: LoggedCall; readonly route: string },
): void {
  if (error.spec.http < 500 || error.spec.http === 501) return
  const { requestId, traceParent } = call
  const cause = error.cause instanceof Error ? error.cause.stack : undefined
  const fields = { requestId, traceparent: traceParent ?? undefined, route, code: error.code, cause }
  if (error.spec.http === 503) logger.warn(fields, error.message)
  else logger.error(fields, error.message)
}
