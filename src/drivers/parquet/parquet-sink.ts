import type { PartStore } from '../../core/part-store.js'
import type { OutputPlan, TableSink } from '../../core/table.js'
import { joinParts } from './join-parts.js'
import { createPartWriter, writeFailure } from './part-writer.js'

export interface ParquetSinkOptions {
  /** As the user gave it: a file, or a folder of parts when it ends with `/`. */
  readonly path: string
  readonly plan: OutputPlan
  readonly parts: PartStore
  /** Of slipway, for the files to say who wrote them. */
  readonly version?: string
}

/** Writes partitions as Parquet files, and joins them to one file unless the output is a folder. Rows whose key is null are refused. */
export function createParquetSink({ path, plan, parts, version }: ParquetSinkOptions): TableSink {
  const { columns } = plan
  const createdBy = version === undefined ? 'slipway' : `slipway version ${version}`
  return {
    commits: 'any-order',
    prepare: () => parts.prepare(),
    committed: () => parts.committed(),
    open: (partition) => Promise.resolve(createPartWriter({ partition, columns, parts, createdBy, output: path })),
    async finish(records) {
      const inOrder = records.toSorted((a, b) => a.partition.index - b.partition.index)
      const paths = inOrder.map(({ partition }) => parts.partPath(partition.index))
      const join = (target: string): Promise<void> =>
        joinParts(paths, target, { columns, createdBy }).catch((thrown: unknown) => Promise.reject(writeFailure(path, thrown)))
      const { bytes } = path.endsWith('/') ? await parts.publishFolder(inOrder) : await parts.publishFile(join)
      return { location: path, rows: inOrder.reduce((sum, { written }) => sum + written, 0), bytes }
    },
    discard: () => parts.discard(),
    close: () => Promise.resolve(),
  }
}
