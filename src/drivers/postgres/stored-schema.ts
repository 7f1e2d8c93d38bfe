import { SlipwayError } from '../../core/errors.js'
import { stateOf } from './failure.js'
import type { Database } from './database.js'
import { quote } from './identifier.js'

/** The tables of a store, quoted. */
export interface StoredTables {
  readonly sets: string
  readonly partitions: string
  readonly active: string
  readonly flips: string
  /** The rows of the set with that number. */
  rows(number: number): string
}

export function storedTables(schema: string): StoredTables {
  const table = (name: string): string => `${quote(schema)}.${quote(name)}`
  return {
    sets: table('sets'),
    partitions: table('set_partitions'),
    active: table('active'),
    flips: table('flips'),
    rows: (number) => table(`set_${number}`),
  }
}

/** Makes the tables where they are missing, and gives the version of the server: `15.4`. */
export async function prepareStore(database: Database, schema: string, tables: StoredTables): Promise<string> {
  const { rows } = await database.query(`SELECT current_setting('server_version') AS version, to_regclass($1) IS NOT NULL AS there`, [
    tables.flips,
  ])
  const { version, there } = rows[0] as { version: string; there: boolean }
  if (!there) await createTables(database, schema, tables)
  return /^[\d.]+/.exec(version)?.[0] ?? version
}

async function createTables(database: Database, schema: string, { sets, partitions, active, flips }: StoredTables): Promise<void> {
  try {
    await database.transaction(async (client) => {
      // Two that make the same schema at once would fail in spite of IF NOT EXISTS.
      await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`slipway:${schema}`])
      await client.query(`
        CREATE SCHEMA IF NOT EXISTS ${quote(schema)};
        CREATE TABLE IF NOT EXISTS ${sets} (
          number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, model text NOT NULL, version text NOT NULL,
          digest text NOT NULL, produced_at double precision NOT NULL, state text NOT NULL DEFAULT 'loading', row_count bigint NOT NULL DEFAULT 0,
          fallback_rows bigint NOT NULL DEFAULT 0, checksum text NOT NULL DEFAULT '0000000000000000', details text NOT NULL DEFAULT '{}');
        CREATE TABLE IF NOT EXISTS ${partitions} (
          number integer NOT NULL REFERENCES ${sets} ON DELETE CASCADE, index integer NOT NULL, row_count bigint NOT NULL, checksum text NOT NULL,
          record text NOT NULL, PRIMARY KEY (number, index));
        CREATE TABLE IF NOT EXISTS ${active} (model text PRIMARY KEY, number integer REFERENCES ${sets});
        CREATE TABLE IF NOT EXISTS ${flips} (
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, model text NOT NULL, set_id text, previous text, at double precision NOT NULL,
          kind text NOT NULL, by text NOT NULL, reason text NOT NULL);
        CREATE INDEX IF NOT EXISTS flips_by_model ON ${flips} (model, number)`)
    })
  } catch (error) {
    if (stateOf(error) !== '42501') throw error
    throw new SlipwayError(
      'STORE_UNAVAILABLE',
      `the user of the database may not make the schema \`${schema}\`: grant CREATE, or make it once as its owner`,
      {
        cause: error,
      },
    )
  }
}
