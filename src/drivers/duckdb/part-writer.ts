import type { DuckDBConnection } from '@duckdb/node-api'
import type { PartStore } from '../../core/part-store.js'
import type { OutputColumn, Partition, PartitionWriter, RefusedRow } from '../../core/table.js'
import { takeKeyed } from './keyed-rows.js'
import type { Duckdb } from './load-duckdb.js'
import { PartTable } from './part-table.js'
import { failure } from './reason.js'
import { parquetFormat, text } from './sql-text.js'

export interface PartWriterOptions {
  readonly partition: Partition
  readonly columns: readonly OutputColumn[]
  readonly parts: PartStore
  /** Of this writer alone; it is closed with it. */
  readonly connection: DuckDBConnection
  readonly duckdb: Duckdb
  /** What messages call the output. */
  readonly output: string
}

/** Collects a partition in a table in memory, and writes it as one Parquet file when it is committed. */
export function createPartWriter(options: PartWriterOptions): PartitionWriter {
  const { partition, columns, parts, connection, duckdb, output } = options
  const table = new PartTable(connection, duckdb, columns, `part_${partition.index}`)
  const refused: RefusedRow[] = []
  let temporary: string | null = null
  let open = true

  async function close(): Promise<void> {
    if (!open) return
    open = false
    await table.drop()
    connection.closeSync()
  }

  const failed = (thrown: unknown): Error => {
    const names = new Map(temporary === null ? [] : [[temporary, output]])
    return failure('SINK_FAILED', `${output} cannot be written`, thrown, names)
  }

  return {
    async write(batch) {
      try {
        await table.append(takeKeyed(batch, columns, refused))
      } catch (thrown) {
        throw failed(thrown)
      }
    },
    async commit(record) {
      temporary = parts.temporary(partition.index)
      try {
        await connection.run(`COPY (${await table.query()}) TO ${text(temporary)} (${parquetFormat})`)
        await close()
        return await parts.commit(partition.index, temporary, (data) => record(refused, data))
      } catch (thrown) {
        await parts.abort(temporary)
        throw failed(thrown)
      }
    },
    async abort() {
      await close().catch(() => undefined)
      if (temporary !== null) await parts.abort(temporary)
    },
  }
}
