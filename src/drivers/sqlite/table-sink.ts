import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import type { FinishedOutput, OutputPlan, Partition, PartitionRecord, PartitionWriter, TableSink } from '../../core/table.js'
import { rollBack, sqliteFailure, writeAtOnce } from './locked.js'
import { openDatabase } from './open-database.js'
import type { Database } from './open-database.js'
import { declaredTypes } from './output-cells.js'
import { quote } from './table-info.js'
import { TableWriter } from './table-writer.js'

export interface SqliteTableSinkOptions {
  /** Path of the database file; it is made when it is not there. */
  readonly path: string
  /** The table that the output is to be. */
  readonly table: string
  readonly plan: OutputPlan
  /** Replaces a table that no run of slipway made. */
  readonly overwrite?: boolean
  /** How long writing waits for other processes that write: 60 000 ms unless told. */
  readonly waitMs?: number
}

/**
 * A table of a SQLite file. Rows go to a table of the run's own, with the records of the partitions beside them; `finish` gives it the name that
 * was asked for. OUTPUT_EXISTS when a table of that name is there that slipway did not write, SINK_FAILED when the file cannot be written.
 */
export function createSqliteTableSink(options: SqliteTableSinkOptions): TableSink {
  return new SqliteTableSink(options)
}

class SqliteTableSink implements TableSink {
  /** SQLite has one writer at a time: a partition waits for the one before it, not for the lock of one that is still being scored. */
  readonly commits = 'in-order'
  readonly #options: SqliteTableSinkOptions
  readonly #staging: string
  readonly #waitMs: number
  #opened: Promise<Database> | null = null

  constructor(options: SqliteTableSinkOptions) {
    this.#options = options
    this.#staging = `${options.table}__${options.plan.run}`
    this.#waitMs = options.waitMs ?? 60_000
  }

  async prepare(): Promise<void> {
    await this.#write((database) => {
      if (this.#isFinished(database)) return
      this.#checkTarget(database)
      database.exec(`CREATE TABLE IF NOT EXISTS ${quote(this.#staging)} (${this.#options.plan.columns.map(columnSql).join(', ')})`)
    })
  }

  async committed(): Promise<readonly PartitionRecord[]> {
    return this.#read((database) => {
      const statement = database.prepare('SELECT record FROM slipway_partitions WHERE table_name = ? AND run = ? ORDER BY partition')
      const rows = statement.raw(true).all([this.#options.table, this.#options.plan.run]) as [string][]
      return rows.map(([record]) => JSON.parse(record) as PartitionRecord)
    })
  }

  async open(partition: Partition): Promise<PartitionWriter> {
    const database = await this.#database()
    const { table, plan } = this.#options
    const keep = (record: PartitionRecord): void => {
      const values = [table, plan.run, partition.index, JSON.stringify(record)]
      database.prepare('INSERT INTO slipway_partitions VALUES (?, ?, ?, ?)').run(values)
    }
    return new TableWriter({ database, table: this.#staging, columns: plan.columns, waitMs: this.#waitMs, keep }, partition)
  }

  async finish(records: readonly PartitionRecord[]): Promise<FinishedOutput> {
    const { path, table, plan } = this.#options
    await this.#write((database) => {
      if (this.#isFinished(database)) return
      this.#checkTarget(database)
      database.exec(`DROP TABLE IF EXISTS ${quote(table)}`)
      database.exec(`ALTER TABLE ${quote(this.#staging)} RENAME TO ${quote(table)}`)
      const sql = 'INSERT INTO slipway_tables VALUES (?, ?) ON CONFLICT (table_name) DO UPDATE SET run = excluded.run'
      database.prepare(sql).run([table, plan.run])
      this.#forgetEarlierRuns(database)
    })
    return { location: `${table} in ${path}`, rows: records.reduce((sum, { written }) => sum + written, 0), bytes: 0 }
  }

  async discard(): Promise<void> {
    await this.#write((database) => {
      database.exec(`DROP TABLE IF EXISTS ${quote(this.#staging)}`)
      if (this.#isFinished(database)) return
      const values = [this.#options.table, this.#options.plan.run]
      database.prepare('DELETE FROM slipway_partitions WHERE table_name = ? AND run = ?').run(values)
    })
  }

  async close(): Promise<void> {
    const database = await this.#opened?.catch(() => null)
    this.#opened = null
    if (database === null || database === undefined) return
    // libsql closes a file for good when its statements are collected: a partition left open would keep its lock till then.
    rollBack(database)
    database.close()
  }

  /** Records of runs whose table is there no more, neither whole nor in the making. */
  #forgetEarlierRuns(database: Database): void {
    const { table, plan } = this.#options
    const statement = database.prepare('SELECT DISTINCT run FROM slipway_partitions WHERE table_name = ? AND run != ?')
    for (const [run] of statement.raw(true).all([table, plan.run]) as [string][]) {
      if (tableKind(database, `${table}__${run}`) !== null) continue
      database.prepare('DELETE FROM slipway_partitions WHERE table_name = ? AND run = ?').run([table, run])
    }
  }

  #checkTarget(database: Database): void {
    const { table, overwrite } = this.#options
    const kind = tableKind(database, table)
    if (kind === null || (kind === 'table' && (overwrite === true || this.#writtenBy(database) !== null))) return
    throw new SlipwayError('OUTPUT_EXISTS', `the ${kind} \`${table}\` is there already and no run wrote it`)
  }

  #isFinished(database: Database): boolean {
    return this.#writtenBy(database) === this.#options.plan.run && tableKind(database, this.#options.table) === 'table'
  }

  #writtenBy(database: Database): string | null {
    const row = database.prepare('SELECT run FROM slipway_tables WHERE table_name = ?').raw(true).get([this.#options.table])
    return (row as [string] | undefined)?.[0] ?? null
  }

  async #write(work: (database: Database) => void): Promise<void> {
    const database = await this.#database()
    await writeAtOnce(database, this.#waitMs, 'SINK_FAILED', () => work(database))
  }

  async #read<T>(work: (database: Database) => T): Promise<T> {
    const database = await this.#database()
    try {
      return work(database)
    } catch (error) {
      throw sqliteFailure(error, 'SINK_FAILED')
    }
  }

  #database(): Promise<Database> {
    return (this.#opened ??= openForWriting(this.#options.path, this.#waitMs))
  }
}

async function openForWriting(path: string, waitMs: number): Promise<Database> {
  let database: Database | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    database = await openDatabase(path, { readonly: false })
    database.pragma('synchronous = NORMAL')
    database.pragma('busy_timeout = 0')
    const opened = database
    await writeAtOnce(opened, waitMs, 'SINK_FAILED', () => opened.exec(schema))
    return opened
  } catch (error) {
    database?.close()
    if (error instanceof SlipwayError && error.code === 'PACKAGE_MISSING') throw error
    throw new SlipwayError('SINK_FAILED', `the SQLite file \`${path}\` cannot be written`, { cause: error })
  }
}

const schema = `
  CREATE TABLE IF NOT EXISTS slipway_partitions (
    table_name TEXT NOT NULL, run TEXT NOT NULL, partition INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (table_name, run, partition)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS slipway_tables (table_name TEXT PRIMARY KEY NOT NULL, run TEXT NOT NULL) WITHOUT ROWID;
`

function columnSql({ name, type, key }: OutputPlan['columns'][number]): string {
  return `${quote(name)} ${declaredTypes[type]}${key === true ? ' PRIMARY KEY NOT NULL' : ''}`
}

function tableKind(database: Database, name: string): 'table' | 'view' | null {
  const statement = database.prepare(`SELECT type FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE`)
  return (statement.raw(true).get([name]) as ['table' | 'view'] | undefined)?.[0] ?? null
}
