import { createJsonReader } from '../core/json-reader.js'
import type { JsonLimits, JsonReader } from '../core/json-reader.js'
import type { WireResponse } from './transport.js'

/** A response is as trustworthy as its server; only its nesting is bounded. */
export const responseLimits: JsonLimits = { depth: 100, elements: Number.MAX_SAFE_INTEGER }

const nonFinite = { nonFinite: true } as const

/** The body of an answer as JSON; see `readJson`. */
export function jsonOf(response: WireResponse): unknown {
  return readJson(createJsonReader(response.bytes, responseLimits))
}

/**
 * Any JSON value, exactly: 64-bit integers come as bigints where a number would lose digits, and NaN, Infinity and -Infinity are read as the literals that
 * model servers write.
 */
export function readJson(reader: JsonReader): unknown {
  switch (reader.peek()) {
    case 'object':
      return readMembers(reader)
    case 'array':
      return readItems(reader)
    case 'number':
      return readExactNumber(reader)
    default:
      return reader.value(nonFinite)
  }
}

function readMembers(reader: JsonReader): Record<string, unknown> {
  const members: [string, unknown][] = []
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) members.push([key, readJson(reader)])
  // Own properties even for `__proto__`, which assignment would take as something else.
  return Object.fromEntries(members)
}

function readItems(reader: JsonReader): unknown[] {
  const items: unknown[] = []
  reader.beginArray()
  while (reader.nextItem()) items.push(readJson(reader))
  return items
}

/** Largest value of a 64-bit integer; beyond it, digits without a point are a float as some writers print it. */
const largest = 2n ** 64n

function readExactNumber(reader: JsonReader): number | bigint {
  const literal = reader.rawNumber(nonFinite)
  const value = Number(literal)
  if (Number.isSafeInteger(value) || !/^-?\d+$/.test(literal)) return value
  const exact = BigInt(literal)
  return exact === BigInt(value) || exact >= largest || exact <= -largest ? value : exact
}
