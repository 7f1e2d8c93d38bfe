import { smallest } from '../../core/feature-table.js'
import type { FeatureValue } from '../../core/feature-table.js'

/** First byte of a blob that holds JSON: booleans and arrays, which SQLite has no storage class for, and texts that libsql cuts at their NUL. */
const jsonTag = 1

/** A feature as SQLite stores it; columns have no type, so that each value keeps its own. */
export function encode(value: FeatureValue | null): unknown {
  const asJson = typeof value === 'boolean' || Array.isArray(value) || (typeof value === 'string' && value.includes('\u0000'))
  if (!asJson) return value
  return Buffer.concat([Uint8Array.of(jsonTag), Buffer.from(JSON.stringify(value))])
}

/** The feature that a column holds, undefined for NULL. Columns that others declared BOOLEAN or JSON are read as such. */
export function decode(stored: unknown, declaredType: string): unknown {
  if (stored === null || stored === undefined) return undefined
  if (typeof stored === 'bigint') return declaredType === 'BOOLEAN' ? stored !== 0n : smallest(stored)
  if (typeof stored === 'string') return declaredType === 'JSON' ? JSON.parse(stored) : stored
  if (!(stored instanceof Uint8Array)) return stored
  return stored[0] === jsonTag ? JSON.parse(Buffer.from(stored.buffer, stored.byteOffset + 1, stored.byteLength - 1).toString()) : stored
}
