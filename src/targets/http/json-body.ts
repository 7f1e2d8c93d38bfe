import { SlipwayError } from '../../core/errors.js'
import { createJsonReader } from '../../core/json-reader.js'
import type { JsonLimits, JsonReader } from '../../core/json-reader.js'
import type { HttpExchange } from './exchange.js'

/** A reader over the body; INVALID_REQUEST when there is no body. The content type is not asked: too many clients send none, or a wrong one. */
export function jsonReader(exchange: HttpExchange, limits: JsonLimits): JsonReader {
  if (exchange.body.length === 0) throw new SlipwayError('INVALID_REQUEST', 'the request has no body; it needs a JSON document')
  return createJsonReader(exchange.body, limits)
}

/** A small JSON object as a plain value, for calls that carry options; an empty body is an empty object. */
export function jsonObject(exchange: HttpExchange, limits: JsonLimits): Readonly<Record<string, unknown>> {
  if (exchange.body.length === 0) return {}
  const reader = createJsonReader(exchange.body, limits)
  const value = reader.peek() === 'object' ? reader.value() : reader.fail('expected an object', 'INVALID_REQUEST')
  reader.end()
  return value as Record<string, unknown>
}
