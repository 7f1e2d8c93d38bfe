/**
 * JavaScript values as JSON that reads back as exactly the same: `{"$number":"NaN"}`, `{"$bigint":"7"}`, `{"$date":…}`, and
 * `{"$array":"Float32Array","data":<base64 of little-endian bytes>}`. An object with a key that begins with `$` is wrapped in `$object`.
 */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** A value as JSON. Functions and symbols become null, as absent values do. */
export function encodeValue(value: unknown): JsonValue {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? '-0' : String(value) }
    case 'bigint':
      return { $bigint: String(value) }
    case 'string':
    case 'boolean':
      return value
    case 'object':
      return value === null ? null : encodeObject(value)
    default:
      return null
  }
}

/** What `encodeValue` was given. */
export function decodeValue(json: JsonValue): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (isList(json)) return json.map((item) => decodeValue(item))
  const [tag] = Object.keys(json)
  switch (tag) {
    case '$number':
      return Number(json[tag])
    case '$bigint':
      return BigInt(json[tag] as string)
    case '$date':
      return new Date(json[tag] as string)
    case '$array':
      return decodeArray(json[tag] as string, json['data'] as string)
    case '$object':
      return decodeEntries(json[tag] as Readonly<Record<string, JsonValue>>)
    default:
      return decodeEntries(json)
  }
}

function isList(json: JsonValue): json is readonly JsonValue[] {
  return Array.isArray(json)
}

function encodeObject(value: object): JsonValue {
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString() }
  if (ArrayBuffer.isView(value)) return encodeArray(value)
  if (Array.isArray(value)) return value.map((item) => encodeValue(item))
  const entries = Object.entries(value).map(([key, item]) => [key, encodeValue(item)] as const)
  const object = Object.fromEntries(entries)
  return entries.some(([key]) => key.startsWith('$')) ? { $object: object } : object
}

function decodeEntries(json: Readonly<Record<string, JsonValue>>): unknown {
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, decodeValue(item)]))
}

const arrays = {
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const

function encodeArray(value: ArrayBufferView): JsonValue {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  const name = Object.keys(arrays).find((type) => value instanceof arrays[type as keyof typeof arrays]) ?? 'Uint8Array'
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return { $array: name, data: btoa(text) }
}

function decodeArray(name: string, data: string): unknown {
  const type = arrays[name as keyof typeof arrays] ?? Uint8Array
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
  return new type(bytes.buffer)
}
