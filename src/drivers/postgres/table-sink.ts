import type { OutputPlan, TableSink } from '../../core/table.js'
import { openDatabase, type Database } from './database.js'
import { committedPartitions, discardTarget, prepareTarget, publishTarget, targetOf, type TableTarget } from './table-catalog.js'
import { openTablePartition } from './table-partition.js'

export interface PostgresTableSinkOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  /** `scores`, or `risk.scores` for a schema. */
  readonly table: string
  readonly plan: OutputPlan
  /** Replace a table that slipway did not write. */
  readonly overwrite: boolean
}

interface Opened {
  readonly database: Database
  readonly target: TableTarget
}

/**
 * A table in Postgres. Rows go by COPY into a table beside it, each partition with its record in one transaction; when all are there it takes the
 * place of the target in one step. SINK_FAILED when the database does not answer: connections are made anew by the next call.
 */
export function createPostgresTableSink(options: PostgresTableSinkOptions): TableSink {
  const { url, table, plan, overwrite } = options
  let database: Promise<Database> | null = null
  let target: TableTarget | null = null

  async function opened(): Promise<Opened> {
    database ??= openDatabase({ url, connections: 8, statementTimeoutMs: 0, code: 'SINK_FAILED', what: 'the database' })
    const ready = await database
    target ??= await targetOf(ready, table, plan)
    return { database: ready, target }
  }

  return {
    commits: plan.columns.some((column) => column.key === true) ? 'in-order' : 'any-order',
    async prepare() {
      const to = await opened()
      await prepareTarget(to.database, to.target, overwrite)
    },
    async committed() {
      const to = await opened()
      return committedPartitions(to.database, to.target)
    },
    async open(partition) {
      const to = await opened()
      return openTablePartition(to.database, to.target, partition)
    },
    async finish(records) {
      const to = await opened()
      const expected = records.reduce((sum, { written }) => sum + written, 0)
      const { rows, bytes } = await publishTarget(to.database, to.target, overwrite, expected)
      return { location: to.target.name, rows, bytes }
    },
    async discard() {
      const to = await opened()
      await discardTarget(to.database, to.target)
    },
    async close() {
      await (await database)?.close()
    },
  }
}
