/**
 * The one text of a JSON value (RFC 8785): keys sorted by UTF-16 code units, no spaces, numbers as ECMAScript writes them. Equal
 * values have equal texts, so that a digest of the text is a digest of the value. Keys with `undefined` are left out.
 * Throws TypeError for what JSON cannot say: NaN, infinities, bigints, functions, cycles.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0)
}

/** `canonicalJson` as UTF-8. */
export function canonicalBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value))
}

const maxDepth = 200

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new TypeError(`the value is nested deeper than ${maxDepth}`)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: unknown) => write(item, depth + 1)).join(',')}]`
  if (typeof value === 'object') return writeObject(value, depth)
  throw new TypeError(`${typeof value === 'number' ? String(value) : `a ${typeof value}`} cannot be written as JSON`)
}

function writeObject(value: object, depth: number): string {
  const pairs = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]: [string, unknown]) => `${JSON.stringify(key)}:${write(item, depth + 1)}`)
  return `{${pairs.join(',')}}`
}
