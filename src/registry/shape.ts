import { SlipwayError } from '../core/errors.js'

/** Checks an unknown value and gives it its type. Throws REGISTRY_FORMAT with the place (`at`) where it is wrong. */
export type Reader<T> = (value: unknown, at: string) => T

function fail(at: string, expected: string): never {
  throw new SlipwayError('REGISTRY_FORMAT', `${at}: expected ${expected}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text. */
export const text: Reader<string> = (value, at) => (typeof value === 'string' ? value : fail(at, 'a text'))

/** A whole number from 0 on. */
export const count: Reader<number> = (value, at) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : fail(at, 'a whole number')

/** A number. */
export const number: Reader<number> = (value, at) => (typeof value === 'number' ? value : fail(at, 'a number'))

/** `true` or `false`. */
export const flag: Reader<boolean> = (value, at) => (typeof value === 'boolean' ? value : fail(at, 'true or false'))

/** Any JSON value. */
export const anything: Reader<unknown> = (value) => value

/** Exactly one of the given texts and numbers. */
export function oneOf<const T extends string | number>(...allowed: readonly T[]): Reader<T> {
  return (value, at) => allowed.find((each) => each === value) ?? fail(at, allowed.join(' or '))
}

/** A text that passes `test`. */
export function textThat(test: (value: string) => boolean, what: string): Reader<string> {
  return (value, at) => (typeof value === 'string' && test(value) ? value : fail(at, what))
}

/** `null` or what `reader` takes. */
export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, at) => (value === null ? null : reader(value, at))
}

/** An array. */
export function list<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, at) => (Array.isArray(value) ? value.map((item: unknown, index) => reader(item, `${at}[${index}]`)) : fail(at, 'an array'))
}

/** An object whose keys are free, as far as `key` allows. */
export function dictionary<T>(reader: Reader<T>, key: Reader<string> = text): Reader<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isObject(value)) return fail(at, 'an object')
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [key(name, `${at} key`), reader(item, `${at}.${name}`)]))
  }
}

/** An object with exactly these keys. */
export function struct<S extends Readonly<Record<string, Reader<unknown>>>>(
  fields: S,
): Reader<{ readonly [K in keyof S]: ReturnType<S[K]> }> {
  return (value, at) => {
    if (!isObject(value)) return fail(at, 'an object')
    const unknown = Object.keys(value).find((key) => !Object.hasOwn(fields, key))
    if (unknown !== undefined) fail(`${at}.${unknown}`, 'no such key')
    const read = Object.entries(fields).map(([key, reader]) => [key, reader(value[key], `${at}.${key}`)])
    return Object.fromEntries(read) as { readonly [K in keyof S]: ReturnType<S[K]> }
  }
}

/** Parses UTF-8 JSON. REGISTRY_FORMAT when it is not. */
export function parseJson(bytes: Uint8Array, at: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch (cause) {
    throw new SlipwayError('REGISTRY_FORMAT', `${at}: not JSON`, { cause })
  }
}
