import { valueText } from '../../core/json-writer.js'

/** What a handler gives back; one writer turns it into bytes. */
export interface HttpAnswer {
  readonly status: number
  /** Null for an empty body. */
  readonly contentType: string | null
  readonly body: string | Uint8Array
  /** Further headers, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Exactly this, without a charset: the KServe client loses error texts when there is one. */
export const jsonType = 'application/json'

/** An answer whose JSON text is already written. */
export function jsonText(body: string, headers?: Readonly<Record<string, string>>): HttpAnswer {
  return headers === undefined ? { status: 200, contentType: jsonType, body } : { status: 200, contentType: jsonType, body, headers }
}

/** An answer of a small plain value; tensors and rows go through the writers of `core/`. */
export function json(value: unknown, status = 200): HttpAnswer {
  return { status, contentType: jsonType, body: JSON.stringify(value) }
}

/** An answer of a plain value in which bigints may stand. */
export function exactJson(value: unknown): HttpAnswer {
  return jsonText(valueText(value, 'null'))
}

/** A plain text. */
export function text(body: string, status = 200): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}

/** The answer with further headers. */
export function withHeaders(answer: HttpAnswer, headers: Readonly<Record<string, string>>): HttpAnswer {
  return { ...answer, headers: { ...answer.headers, ...headers } }
}
