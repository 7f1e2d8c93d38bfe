import type { ErrorCode, SlipwayError } from '../../../core/errors.js'
import type { Dialect } from '../dialect.js'
import { errorJson } from '../dialect.js'

/** Texts that Triton answers with, word for word: clients and their tests compare them. */
const fixedTexts: Partial<Readonly<Record<ErrorCode, string>>> = {
  METHOD_NOT_ALLOWED: 'Method Not Allowed',
  ROUTE_UNKNOWN: 'Not Found',
}

/** `{"error":"…"}` (T:docs/protocol/README.md). */
export const oipErrors: Dialect = {
  name: 'oip',
  render: (error) => errorJson(statusOf(error), { error: fixedTexts[error.code] ?? error.message }),
}

/** A version text that is neither a number nor an alias is bad input to Triton, not a missing thing. */
function statusOf(error: SlipwayError): number {
  return error.code === 'ALIAS_UNKNOWN' ? 400 : error.spec.http
}
