import type { SlipwayError } from '../../core/errors.js'
import type { HttpAnswer } from './answer.js'
import { jsonType } from './answer.js'

/** What an error answer may say about its request. */
export interface FailedRequest {
  readonly method: string
  readonly path: string
  readonly requestId: string
}

/** How a protocol words its errors. */
export interface Dialect {
  readonly name: string
  render(error: SlipwayError, request: FailedRequest): HttpAnswer
}

/** `{"error":"…"}`: TF Serving, KServe v1, and the base of others. */
export const plainErrors: Dialect = {
  name: 'plain',
  render: (error) => errorJson(error.spec.http, { error: error.message }),
}

/** An error answer of a plain value. */
export function errorJson(status: number, body: object): HttpAnswer {
  return { status, contentType: jsonType, body: JSON.stringify(body) }
}
