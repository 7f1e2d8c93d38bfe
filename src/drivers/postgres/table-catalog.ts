import type { PoolClient } from 'pg'
import { SlipwayError } from '../../core/errors.js'
import type { OutputColumn, OutputPlan, PartitionRecord } from '../../core/table.js'
import type { Database } from './database.js'
import { joinedName, maxNameBytes, quote } from './identifier.js'
import { columnType } from './table-cells.js'

/** Where a run writes to. Names are quoted, but for `name`. */
export interface TableTarget {
  readonly run: string
  /** `public.scores`. */
  readonly name: string
  readonly schema: string
  readonly table: string
  /** The table that takes the rows until the run is whole. */
  readonly staging: string
  readonly columns: readonly OutputColumn[]
  readonly columnNames: string
  readonly key: OutputColumn | null
}

/** A table that slipway made, as its catalog has it. */
export interface KnownOutput {
  readonly run: string
  readonly rows: number
}

const catalogLock = `SELECT pg_advisory_xact_lock(hashtextextended('slipway', 0))`

/** Where the table is to be: `scores` in the first schema of the search path, `risk.scores` in that schema. */
export async function targetOf(database: Database, table: string, { run, columns }: OutputPlan): Promise<TableTarget> {
  const dot = table.indexOf('.')
  const name = table.slice(dot + 1)
  const tooLong = [name, ...columns.map((column) => column.name)].find((one) => Buffer.byteLength(one) > maxNameBytes)
  if (tooLong !== undefined)
    throw new SlipwayError('CONFIG_INVALID', `\`${tooLong}\` is longer than the ${maxNameBytes} bytes that Postgres keeps of a name`)
  const schema = dot > 0 ? table.slice(0, dot) : await firstSchema(database)
  const within = (one: string): string => `${quote(schema)}.${quote(one)}`
  return {
    run,
    name: `${schema}.${name}`,
    schema,
    table: within(name),
    staging: within(joinedName(name, run)),
    columns,
    columnNames: columns.map((column) => quote(column.name)).join(', '),
    key: columns.find((column) => column.key === true) ?? null,
  }
}

async function firstSchema(database: Database): Promise<string> {
  const { rows } = await database.query('SELECT current_schema() AS schema')
  return (rows[0]?.['schema'] as string | null) ?? 'public'
}

/** Makes the catalog and the table that takes the rows; OUTPUT_EXISTS when the target is another's. */
export function prepareTarget(database: Database, target: TableTarget, overwrite: boolean): Promise<void> {
  return database.transaction(async (client) => {
    await client.query(catalogLock)
    await client.query(`
      CREATE SCHEMA IF NOT EXISTS slipway;
      CREATE TABLE IF NOT EXISTS slipway.partitions (
        run text NOT NULL, target text NOT NULL, index integer NOT NULL, record text NOT NULL, PRIMARY KEY (run, target, index));
      CREATE TABLE IF NOT EXISTS slipway.outputs (
        relation oid PRIMARY KEY, target text NOT NULL, run text NOT NULL, row_count bigint NOT NULL, finished_at timestamptz NOT NULL DEFAULT now())`)
    const output = await existingOutput(client, target, overwrite)
    if (output?.run === target.run || (await exists(client, target.staging))) return
    await forget(client, target)
    const columns = target.columns.map(
      (column) => `${quote(column.name)} ${columnType(column)}${column === target.key ? ' PRIMARY KEY' : ''}`,
    )
    await client.query(`CREATE TABLE ${target.staging} (${columns.join(', ')})`)
  })
}

/** Puts the table in its place in one step, where it is not there by an earlier call. */
export function publishTarget(
  database: Database,
  target: TableTarget,
  overwrite: boolean,
  expectedRows: number,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  return database.transaction(async (client) => {
    await client.query(catalogLock)
    const output = await existingOutput(client, target, overwrite)
    if (output?.run === target.run) return { rows: output.rows, bytes: await sizeOf(client, target.table) }
    const counted = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${target.staging}`)
    const rows = Number(counted.rows[0]!.count)
    if (rows !== expectedRows)
      throw new SlipwayError('SINK_FAILED', `${target.staging} has ${rows} rows, the partitions wrote ${expectedRows}`)
    await replace(client, target)
    await client.query(`INSERT INTO slipway.outputs (relation, target, run, row_count) VALUES ($1::regclass, $2, $3, $4)`, [
      target.table,
      target.name,
      target.run,
      rows,
    ])
    await client.query(`ANALYZE ${target.table}`)
    return { rows, bytes: await sizeOf(client, target.table) }
  })
}

async function replace(client: PoolClient, target: TableTarget): Promise<void> {
  const name = quote(target.name.slice(target.schema.length + 1))
  // Readers of the old table end first; who comes meanwhile waits, but not for ever.
  await client.query(`SET LOCAL lock_timeout = '60s'`)
  await client.query(`DELETE FROM slipway.partitions WHERE target = $1 AND run IN (SELECT run FROM slipway.outputs WHERE target = $1)`, [
    target.name,
  ])
  await client.query(`DELETE FROM slipway.outputs WHERE target = $1`, [target.name])
  await client.query(`DROP TABLE IF EXISTS ${target.table}`)
  await client.query(`ALTER TABLE ${target.staging} RENAME TO ${name}`)
}

/** Removes the table that takes the rows, and the records of the run. */
export function discardTarget(database: Database, target: TableTarget): Promise<void> {
  return database.transaction(async (client) => {
    await client.query(`DROP TABLE IF EXISTS ${target.staging}`)
    await forget(client, target)
  })
}

/** Records of the partitions that are committed, by index. */
export async function committedPartitions(database: Database, target: TableTarget): Promise<readonly PartitionRecord[]> {
  const { rows } = await database.query(`SELECT record FROM slipway.partitions WHERE run = $1 AND target = $2 ORDER BY index`, [
    target.run,
    target.name,
  ])
  return rows.map(({ record }) => JSON.parse(record as string) as PartitionRecord)
}

/** What slipway knows of the table that stands at the target; null when there is none, or it is to be overwritten. */
async function existingOutput(client: PoolClient, target: TableTarget, overwrite: boolean): Promise<KnownOutput | null> {
  const { rows } = await client.query<{ run: string | null; row_count: string | null; there: boolean }>(
    `SELECT o.run, o.row_count, t.oid IS NOT NULL AS there
     FROM (SELECT to_regclass($1)::oid AS oid) t LEFT JOIN slipway.outputs o ON o.relation = t.oid AND o.target = $2`,
    [target.table, target.name],
  )
  const found = rows[0]!
  if (found.run !== null) return { run: found.run, rows: Number(found.row_count) }
  if (found.there && !overwrite) {
    throw new SlipwayError(
      'OUTPUT_EXISTS',
      `the table ${target.name} is there already, and slipway did not write it: choose another, or give --overwrite`,
    )
  }
  return null
}

async function exists(client: PoolClient, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS there`, [table])
  return rows[0]!.there
}

async function forget(client: PoolClient, target: TableTarget): Promise<void> {
  await client.query(`DELETE FROM slipway.partitions WHERE run = $1 AND target = $2`, [target.run, target.name])
}

async function sizeOf(client: PoolClient, table: string): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(`SELECT pg_total_relation_size($1::regclass) AS bytes`, [table])
  return Number(rows[0]!.bytes)
}
