import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { PartStore } from '../../core/part-store.js'
import type { OutputPlan, TableSink } from '../../core/table.js'
import { openEngine } from './engine.js'
import type { Engine, EngineOptions } from './engine.js'
import { loadDuckdb } from './load-duckdb.js'
import { emptyColumn } from './output-types.js'
import { createPartWriter } from './part-writer.js'
import { failure } from './reason.js'
import { parquetFormat, scanAll, text } from './sql-text.js'

export interface ParquetSinkOptions extends Omit<EngineOptions, 'temporary'> {
  /** As the user gave it: a file, or a folder of parts when it ends with `/`. */
  readonly path: string
  readonly plan: OutputPlan
  readonly parts: PartStore
}

/** Memory of DuckDB while parts are joined, in mebibytes. */
const mergeMemoryMb = 256

/** Writes partitions as Parquet files, and joins them to one file unless the output is a folder. Rows whose key is null are refused. */
export function createParquetSink(options: ParquetSinkOptions): TableSink {
  const { path, plan, parts } = options
  const limits: EngineOptions = { ...options, temporary: join(plan.staging, 'duckdb') }
  let opened: Promise<Engine> | null = null
  const engine = (): Promise<Engine> => (opened ??= openEngine(null, limits))

  async function merge(paths: readonly string[], target: string): Promise<void> {
    const duckdb = await loadDuckdb()
    const empty = `SELECT ${plan.columns.map((column) => emptyColumn(column, duckdb)).join(', ')} LIMIT 0`
    const rows = paths.length === 0 ? empty : `SELECT * FROM ${scanAll(paths)}`
    // The workers are done by now: their cores are free, and their memory.
    const merging = await openEngine(null, { ...limits, threads: availableParallelism(), memoryMb: mergeMemoryMb })
    try {
      await merging.rows(`COPY (${rows}) TO ${text(target)} (${parquetFormat})`)
    } catch (thrown) {
      throw failure('SINK_FAILED', `${path} cannot be written`, thrown, new Map([[target, path]]))
    } finally {
      merging.close()
    }
  }

  return {
    commits: 'any-order',
    prepare: () => parts.prepare(),
    committed: () => parts.committed(),
    async open(partition) {
      const duckdb = await loadDuckdb()
      const connection = await (await engine()).connect()
      return createPartWriter({ partition, columns: plan.columns, parts, connection, duckdb, output: path })
    },
    async finish(records) {
      const inOrder = records.toSorted((a, b) => a.partition.index - b.partition.index)
      const paths = inOrder.map(({ partition }) => parts.partPath(partition.index))
      const { bytes } = path.endsWith('/') ? await parts.publishFolder(inOrder) : await parts.publishFile((target) => merge(paths, target))
      return { location: path, rows: inOrder.reduce((sum, { written }) => sum + written, 0), bytes }
    },
    discard: () => parts.discard(),
    async close() {
      const open = await opened?.catch(() => null)
      opened = null
      open?.close()
    },
  }
}
