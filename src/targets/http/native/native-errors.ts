import type { Dialect } from '../dialect.js'
import { errorJson } from '../dialect.js'

/** `{"error":{"code","message","requestId"}}`: slipway's own. */
export const nativeErrors: Dialect = {
  name: 'native',
  render: (error, { requestId }) => errorJson(error.spec.http, { error: { code: error.code, message: error.message, requestId } }),
}
