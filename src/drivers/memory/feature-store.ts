import { SlipwayError } from '../../core/errors.js'
import { featureEntries, featureKey, featureName, featureTableName } from '../../core/feature-table.js'
import type { FeatureRow, FeatureValue, WritableFeatureStore } from '../../core/feature-table.js'

type Row = Map<string, FeatureValue>

/** A feature store in the memory of this process: for tests, small tables and embedded use. */
export function createMemoryFeatureStore(): WritableFeatureStore {
  const tables = new Map<string, Map<string, Row>>()

  function tableOf(name: string): Map<string, Row> {
    const found = tables.get(featureTableName(name))
    if (found !== undefined) return found
    throw new SlipwayError('GATHER_FAILED', `the feature store has no table \`${name}\``)
  }

  function write(table: Map<string, Row>, key: string, entries: ReturnType<typeof featureEntries>): void {
    const row = table.get(key) ?? new Map<string, FeatureValue>()
    for (const [name, value] of entries) {
      if (value === null) row.delete(name)
      else row.set(name, value)
    }
    table.set(key, row)
  }

  function putAll(name: string, rows: Iterable<readonly [string, FeatureRow]>): void {
    // Everything is checked before anything is written.
    const checked = Array.from(rows, ([key, values]) => [featureKey(key), featureEntries(values)] as const)
    const table = tables.get(featureTableName(name)) ?? new Map<string, Row>()
    tables.set(name, table)
    for (const [key, entries] of checked) write(table, key, entries)
  }

  return {
    async get(table, keys, features, { signal }) {
      if (signal?.aborted === true) throw new SlipwayError('GATHER_FAILED', 'the lookup was abandoned')
      const rows = tableOf(table)
      const names = features.map((name) => featureName(name))
      return keys.map((key) => pick(rows.get(key), names))
    },
    async put(table, key, values) {
      putAll(table, [[key, values]])
    },
    async putMany(table, rows) {
      putAll(table, rows)
    },
    async close() {
      tables.clear()
    },
  }
}

function pick(row: Row | undefined, names: readonly string[]): Readonly<Record<string, unknown>> | null {
  if (row === undefined) return null
  const found: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const name of names) {
    const value = row.get(name)
    if (value !== undefined) found[name] = value
  }
  return found
}
