import { SlipwayError } from './errors.js'
import type { FeatureStore } from './ports.js'

/** What a feature store keeps: scalars, and arrays (nested for tensors) of them. */
export type FeatureValue = number | bigint | string | boolean | readonly FeatureValue[]

/** Features of one key, by name; null takes a feature away. Typed arrays are kept as arrays. */
export type FeatureRow = Readonly<Record<string, FeatureValue | ArrayBufferView | null | undefined>>

/** A feature store that can be filled. */
export interface WritableFeatureStore extends FeatureStore {
  /** Writes the features given; others of the key stay. The table and its columns are made when they are new. */
  put(table: string, key: string, values: FeatureRow): Promise<void>
  /** Like `put` for many keys: all of them are written, or none. */
  putMany(table: string, rows: Iterable<readonly [key: string, values: FeatureRow]>): Promise<void>
}

const namePattern = /^[\p{L}_][\p{L}\p{N} _.-]{0,127}$/u
const reservedTable = /^(sqlite_|libsql_|pg_)/iu

/** The name, when it can be a table of features in every engine; else throws INVALID_REQUEST. */
export function featureTableName(name: string): string {
  if (namePattern.test(name) && !reservedTable.test(name)) return name
  throw new SlipwayError('INVALID_REQUEST', `${show(name)} is not a table name: up to 128 letters, digits, spaces and _.- after a letter`)
}

/** The name, when it can be a feature in every engine; else throws INVALID_REQUEST. `key` is the column of the keys. */
export function featureName(name: string): string {
  if (namePattern.test(name) && name.toLowerCase() !== 'key') return name
  throw new SlipwayError('INVALID_REQUEST', `${show(name)} is not a feature name: up to 128 letters, digits, spaces and _.- after a letter`)
}

/** The key, when every engine can keep it: any text without NUL; else throws INVALID_REQUEST. */
export function featureKey(key: string): string {
  if (!key.includes('\u0000')) return key
  throw new SlipwayError('INVALID_REQUEST', `${show(key)} is not a key: it has a NUL character`)
}

/** Names and values as every engine keeps them: null where the feature is to go. Throws INVALID_REQUEST for what none can keep. */
export function featureEntries(values: FeatureRow): (readonly [name: string, value: FeatureValue | null])[] {
  return Object.entries(values).map(([name, value]) => [featureName(name), value == null ? null : featureValue(name, value)])
}

function featureValue(name: string, value: unknown): FeatureValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      break
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return smallest(value)
      break
    default:
      if (Array.isArray(value)) return value.map((element) => featureElement(name, element))
      if (ArrayBuffer.isView(value) && Symbol.iterator in value) {
        return Array.from(value as unknown as Iterable<unknown>, (element) => featureElement(name, element))
      }
  }
  throw new SlipwayError(
    'INVALID_REQUEST',
    `feature ${show(name)}: a value must be a finite number, a 64-bit integer, a text, a boolean or an array of them`,
  )
}

function featureElement(name: string, value: unknown): FeatureValue {
  const checked = featureValue(name, value)
  if (typeof checked !== 'bigint') return checked
  throw new SlipwayError('INVALID_REQUEST', `feature ${show(name)}: an integer inside an array must be within ±(2^53 - 1)`)
}

/** Engines differ in what small integers come back as: here they are numbers, and bigints only beyond ±(2^53 - 1). */
export function smallest(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function show(name: string): string {
  return JSON.stringify(name.slice(0, 40))
}
