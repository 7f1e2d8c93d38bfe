import type { ErrorCode } from '../../core/errors.js'
import { SlipwayError, toSlipwayError } from '../../core/errors.js'
import type { HttpAnswer } from './answer.js'
import { withHeaders } from './answer.js'
import type { Dialect, FailedRequest } from './dialect.js'

/** Codes after which a client should come again soon. */
const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'QUEUE_FULL',
  'NOT_READY',
  'WORKER_LOST',
  'GATHER_FAILED',
  'STORE_UNAVAILABLE',
])

/** A request made with a method that its route does not have; `allow` lists those that it has. */
export class MethodNotAllowed extends SlipwayError {
  readonly allow: string

  constructor(method: string, allow: string) {
    super('METHOD_NOT_ALLOWED', `${method} is not a method of this route; it has ${allow}`)
    this.allow = allow
  }
}

/** Whatever was thrown, as the answer that the protocol gives for it. */
export function refusal(thrown: unknown, dialect: Dialect, request: FailedRequest): { error: SlipwayError; answer: HttpAnswer } {
  const error = toSlipwayError(thrown)
  const answer = dialect.render(error, request)
  return { error, answer: withStandardHeaders(answer, error) }
}

function withStandardHeaders(answer: HttpAnswer, error: SlipwayError): HttpAnswer {
  if (retryable.has(error.code)) return withHeaders(answer, { 'retry-after': '1' })
  if (error instanceof MethodNotAllowed) return withHeaders(answer, { allow: error.allow })
  if (error.code === 'UNAUTHENTICATED') return withHeaders(answer, { 'www-authenticate': 'Bearer' })
  return answer
}
