import { SlipwayError } from '../core/errors.js'

const pattern = /^[a-z0-9][a-z0-9._-]{0,127}$/u
const digits = /^[0-9]+$/u

/** True for a name that a model may have. */
export function isModelName(name: string): boolean {
  return pattern.test(name)
}

/** True for a name that an alias may have: that of a model, but not all digits, for those are version numbers. */
export function isAliasName(name: string): boolean {
  return pattern.test(name) && !digits.test(name)
}

/** The name itself. MODEL_NAME when no model may have it. */
export function checkModelName(name: string): string {
  if (isModelName(name)) return name
  throw new SlipwayError('MODEL_NAME', `${quoted(name)} cannot name a model: use lower-case letters, digits and . _ -, 128 at most`)
}

/** The name itself. MODEL_NAME when no alias may have it. */
export function checkAliasName(name: string): string {
  if (isAliasName(name)) return name
  throw new SlipwayError('MODEL_NAME', `${quoted(name)} cannot name an alias: use lower-case letters, digits and . _ -, not digits alone`)
}

/** A text from outside, cut and escaped for a message. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
}

/** The value of an own key; undefined for what an object only inherits, such as `constructor`. */
export function lookup<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
