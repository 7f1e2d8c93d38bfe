/** A value of a row or an output as JSON that loses nothing: NaN, infinities and 64-bit integers are written as objects with one key. */
export function toGoldenJson(value: unknown): unknown {
  if (typeof value === 'bigint') return { integer: String(value) }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { number: Object.is(value, -0) ? '-0' : String(value) }
  if (value instanceof Date) return value.getTime()
  if (Array.isArray(value)) return value.map(toGoldenJson)
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) return Array.from(value as unknown as Iterable<unknown>, toGoldenJson)
  return value ?? null
}

/** The value that `toGoldenJson` wrote; `undefined` for what it cannot have written. */
export function fromGoldenJson(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(fromGoldenJson)
  if (typeof json !== 'object' || json === null) return json
  const { integer, number } = json as { readonly integer?: unknown; readonly number?: unknown }
  if (typeof integer === 'string' && /^-?\d{1,20}$/.test(integer)) return BigInt(integer)
  if (typeof number === 'string' && /^(?:NaN|-?Infinity|-0)$/.test(number)) return Number(number)
  return undefined
}
