import { SlipwayError } from '../../../core/errors.js'
import type { JsonLimits } from '../../../core/json-reader.js'
import type { HttpExchange } from '../exchange.js'
import { jsonReader } from '../json-body.js'

/** Keys that one request may ask for. */
export const maxKeys = 1000

/** The keys of `{"keys":["a",17]}`: texts, or whole numbers, which are looked up as their digits. INVALID_REQUEST for anything else. */
export function readKeys(exchange: HttpExchange, limits: JsonLimits): readonly string[] {
  const reader = jsonReader(exchange, limits)
  const body = reader.peek() === 'object' ? reader.value() : reader.fail('the body is `{"keys":[…]}`', 'INVALID_REQUEST')
  reader.end()
  const { keys, ...others } = body as Record<string, unknown>
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw new SlipwayError('INVALID_REQUEST', `the key ${JSON.stringify(other.slice(0, 64))} stands beside \`keys\`; nothing does`)
  if (!Array.isArray(keys) || keys.length === 0) throw new SlipwayError('INVALID_REQUEST', '`keys` is a list of one key at least')
  if (keys.length > maxKeys)
    throw new SlipwayError('INVALID_REQUEST', `\`keys\` has ${keys.length} keys; one request has ${maxKeys} at most`)
  return keys.map(keyOf)
}

function keyOf(key: unknown, at: number): string {
  if (typeof key === 'string') return key
  if (typeof key === 'bigint' || Number.isSafeInteger(key)) return String(key)
  throw new SlipwayError('INVALID_REQUEST', `\`keys[${at}]\` is neither a text nor a whole number`)
}
