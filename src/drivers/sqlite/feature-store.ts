import { setImmediate as nextTurn } from 'node:timers/promises'
import { SlipwayError } from '../../core/errors.js'
import { featureEntries, featureKey, featureName, featureTableName } from '../../core/feature-table.js'
import type { FeatureRow, WritableFeatureStore } from '../../core/feature-table.js'
import { decode, encode } from './feature-codec.js'
import { openDatabase } from './open-database.js'
import type { Database, Statement } from './open-database.js'
import { quote, readTable } from './table-info.js'
import type { TableInfo } from './table-info.js'

/** Keys that one query asks for at most; fewer are padded to the next size, so that few statements are prepared. */
const batchSizes = [1, 16, 256]
const maxBatch = 256
const maxStatements = 500

export interface SqliteFeatureStoreOptions {
  /** Path of the database file, or `:memory:`. */
  readonly path: string
  /** Opens an existing file without the right to write. */
  readonly readonly?: boolean
}

/** A feature store in a SQLite file: a table for each feature table, `key` its primary key, a column for each feature. */
export async function openSqliteFeatureStore(options: SqliteFeatureStoreOptions): Promise<WritableFeatureStore> {
  const database = await openDatabase(options.path, { readonly: options.readonly ?? false })
  const tables = new Map<string, TableInfo>()
  const statements = new Map<string, Statement>()

  function tableWith(name: string, features: readonly string[]): TableInfo | null {
    const known = tables.get(name)
    if (known !== undefined && features.every((feature) => known.columns.has(feature))) return known
    const read = readTable(database, name)
    if (read !== null) tables.set(name, read)
    return read
  }

  function prepared(sql: string): Statement {
    const known = statements.get(sql)
    if (known !== undefined) return known
    if (statements.size >= maxStatements) statements.clear()
    const statement = database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }

  function look(
    table: TableInfo,
    keys: readonly string[],
    features: readonly string[],
    found: Map<string, Readonly<Record<string, unknown>>>,
  ): void {
    const size = batchSizes.find((candidate) => candidate >= keys.length) ?? maxBatch
    const padded = Array.from({ length: size }, (_, i) => keys[Math.min(i, keys.length - 1)]!)
    const columns = ['key', ...features].map(quote).join(', ')
    const sql = `SELECT ${columns} FROM ${quote(table.name)} WHERE key IN (${padded.map(() => '?').join(', ')})`
    for (const values of prepared(sql).safeIntegers(true).raw(true).all(padded) as unknown[][]) {
      found.set(String(values[0]), rowOf(table, features, values))
    }
  }

  function write(name: string, rows: Iterable<readonly [string, FeatureRow]>): void {
    for (const [key, values] of rows) {
      const entries = featureEntries(values)
      ensureColumns(
        database,
        name,
        entries.map(([feature]) => feature),
        tableWith,
      )
      const columns = ['key', ...entries.map(([feature]) => feature)].map(quote)
      const updates = columns.slice(1).map((column) => `${column} = excluded.${column}`)
      const action = updates.length === 0 ? 'NOTHING' : `UPDATE SET ${updates.join(', ')}`
      const sql = `INSERT INTO ${quote(name)} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (key) DO ${action}`
      prepared(sql).run([featureKey(key), ...entries.map(([, value]) => encode(value))])
    }
  }

  function putAll(table: string, rows: Iterable<readonly [string, FeatureRow]>): void {
    const name = featureTableName(table)
    try {
      database.transaction(() => write(name, rows))()
    } catch (error) {
      tables.delete(name)
      throw failure(error)
    }
  }

  return {
    async get(table, keys, features, { signal }) {
      const names = features.map((name) => featureName(name))
      const found = new Map<string, Readonly<Record<string, unknown>>>()
      try {
        const info = tableWith(featureTableName(table), names)
        if (info === null) throw new SlipwayError('GATHER_FAILED', `the feature store has no table \`${table}\``)
        const present = names.filter((name) => info.columns.has(name))
        for (let start = 0; start < keys.length; start += maxBatch) {
          if (start > 0) await nextTurn()
          if (signal?.aborted === true) throw new SlipwayError('GATHER_FAILED', 'the lookup was abandoned')
          look(info, keys.slice(start, start + maxBatch), present, found)
        }
      } catch (error) {
        throw failure(error)
      }
      return keys.map((key) => found.get(key) ?? null)
    },
    async put(table, key, values) {
      putAll(table, [[key, values]])
    },
    async putMany(table, rows) {
      putAll(table, rows)
    },
    async close() {
      database.close()
    },
  }
}

function rowOf(table: TableInfo, features: readonly string[], values: readonly unknown[]): Readonly<Record<string, unknown>> {
  const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [i, feature] of features.entries()) {
    const value = decode(values[i + 1], table.columns.get(feature) ?? '')
    if (value !== undefined) row[feature] = value
  }
  return row
}

function ensureColumns(
  database: Database,
  table: string,
  features: readonly string[],
  tableWith: (name: string, features: readonly string[]) => TableInfo | null,
): void {
  const known = tableWith(table, features)
  if (known === null) database.exec(`CREATE TABLE ${quote(table)} (key TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID`)
  const missing = features.filter((feature) => known?.columns.has(feature) !== true)
  for (const feature of missing) database.exec(`ALTER TABLE ${quote(table)} ADD COLUMN ${quote(feature)}`)
  if (known === null || missing.length > 0) tableWith(table, features)
}

function failure(error: unknown): SlipwayError {
  if (error instanceof SlipwayError) return error
  return new SlipwayError('GATHER_FAILED', 'the feature store failed', { cause: error })
}
