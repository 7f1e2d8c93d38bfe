import { SlipwayError } from '../core/errors.js'
import type { FeatureRow } from '../core/feature-table.js'
import { openSqliteFeatureStore } from '../drivers/sqlite/feature-store.js'
import type { StateDir } from './state-dir.js'

export interface LoadFeaturesOptions {
  readonly table: string
  /** The field of each row that holds its key. */
  readonly key: string
  readonly rows: AsyncIterable<readonly unknown[]>
  /** Told of the rows written so far. */
  readonly onProgress?: (rows: number) => void
}

/** Writes rows into a table of the embedded feature store, group by group, each group whole or not at all. Resolves to the number of rows. */
export async function loadFeatures(state: StateDir, options: LoadFeaturesOptions): Promise<number> {
  const store = await openSqliteFeatureStore({ path: state.features })
  let written = 0
  try {
    for await (const group of options.rows) {
      await store.putMany(
        options.table,
        group.map((row, i) => keyed(row, options.key, written + i + 1)),
      )
      written += group.length
      options.onProgress?.(written)
    }
    return written
  } finally {
    await store.close()
  }
}

function keyed(row: unknown, key: string, number: number): readonly [string, FeatureRow] {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    throw new SlipwayError('INPUT_TYPE', `row ${number}: expected an object`)
  const { [key]: id, ...values } = row as Record<string, unknown>
  if (typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint') return [String(id), values as FeatureRow]
  throw new SlipwayError('INPUT_MISSING', `row ${number}: \`${key}\` holds no key: expected a text or a number`)
}
