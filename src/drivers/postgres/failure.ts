import { SlipwayError, type ErrorCode } from '../../core/errors.js'

/**
 * What pg threw, as an error with `code`: the server's own message where it refused a statement, else why there was no answer. No message
 * holds a password: pg keeps them out of its errors, and the URL is not repeated.
 */
export function failure(thrown: unknown, code: ErrorCode, what: string): SlipwayError {
  if (thrown instanceof SlipwayError) return thrown
  return new SlipwayError(code, `${what} ${reasonOf(thrown)}`, { cause: thrown })
}

/** SQLSTATE of an error of the server (PostgreSQL manual, appendix A), or the errno of a socket; null for others. */
export function stateOf(thrown: unknown): string | null {
  if (thrown instanceof SlipwayError) return stateOf(thrown.cause)
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null
}

function reasonOf(thrown: unknown): string {
  const state = stateOf(thrown)
  if (state === null) return 'did not answer: the connection was lost or could not be made in time'
  if (/^[A-Z]{2,}[A-Z_]*$/.test(state)) return `did not answer (${state})`
  if (state === '57014') return 'did not answer in time (57014)'
  // Connection exceptions, operator intervention.
  if (/^(08|57P)/.test(state)) return `did not answer (${state}: ${(thrown as Error).message})`
  return `refused (${state}: ${(thrown as Error).message})`
}
