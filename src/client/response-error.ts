import { errorTable, SlipwayError } from '../core/errors.js'
import type { ErrorCode } from '../core/errors.js'
import type { WireResponse } from './transport.js'

/** Codes for servers that answer a status alone. */
const byStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'MODEL_UNKNOWN',
  405: 'METHOD_NOT_ALLOWED',
  408: 'DEADLINE',
  409: 'ALIAS_CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'QUEUE_FULL',
  499: 'CANCELLED',
  501: 'UNSUPPORTED',
  502: 'NOT_READY',
  503: 'NOT_READY',
  504: 'DEADLINE',
}

/** A refusal as an error: the server's own code and message where it gives them (slipway), else its text and a code by the status. */
export function responseError(response: WireResponse): SlipwayError {
  const told = errorParts(response)
  const code = told.code ?? byStatus[response.status] ?? (response.status < 500 ? 'INVALID_REQUEST' : 'INTERNAL')
  return new SlipwayError(code, told.message ?? `the server answered with status ${response.status}`)
}

interface ErrorParts {
  readonly code: ErrorCode | null
  readonly message: string | null
}

/** `{"error":"…"}` of the Open Inference Protocol, `{"error":{"code","message"}}` of slipway, `{"detail":…}` of FastAPI servers, or plain text. */
function errorParts(response: WireResponse): ErrorParts {
  const text = response.text()
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return { code: null, message: text === '' ? null : text.slice(0, 1000) }
  }
  const { error, detail } = (body ?? {}) as { error?: unknown; detail?: unknown }
  if (error !== null && typeof error === 'object') {
    const { code, message, field } = error as { code?: unknown; message?: unknown; field?: unknown }
    return { code: knownCode(code), message: located(textOf(message), field) }
  }
  return { code: knownCode(response.header('slipway-code')), message: textOf(error ?? detail) }
}

/** The message with the field that was refused, where it does not name it. */
function located(message: string | null, field: unknown): string | null {
  return message === null || typeof field !== 'string' || message.includes(`\`${field}\``) ? message : `\`${field}\`: ${message}`
}

function knownCode(value: unknown): ErrorCode | null {
  return typeof value === 'string' && Object.hasOwn(errorTable, value) ? (value as ErrorCode) : null
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
