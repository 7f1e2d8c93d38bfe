import { text } from '../answer.js'
import type { Dialect } from '../dialect.js'
import { errorJson } from '../dialect.js'

/** Names of mlflow/protos/databricks.proto (ErrorCode) by HTTP status. */
const names: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  405: 'BAD_REQUEST',
  409: 'RESOURCE_ALREADY_EXISTS',
  413: 'BAD_REQUEST',
  422: 'BAD_REQUEST',
  429: 'REQUEST_LIMIT_EXCEEDED',
  501: 'NOT_IMPLEMENTED',
  503: 'TEMPORARILY_UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** `{"error_code":"BAD_REQUEST","message":"…"}`; an unread content type is a plain text (mlflow/pyfunc/scoring_server/__init__.py). */
export const mlflowErrors: Dialect = {
  name: 'mlflow',
  render(error) {
    const status = error.spec.http
    if (status === 415) return text(error.message, 415)
    return errorJson(status, { error_code: names[status] ?? 'INTERNAL_ERROR', message: error.message })
  },
}
