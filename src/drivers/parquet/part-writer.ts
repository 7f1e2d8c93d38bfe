import type { PartStore } from '../../core/part-store.js'
import { sinkFailure } from '../../core/sink-failure.js'
import type { OutputColumn, Partition, PartitionWriter, RefusedRow } from '../../core/table.js'
import { takeKeyed } from './keyed-rows.js'
import { PartFile } from './part-file.js'

export interface PartWriterOptions {
  readonly partition: Partition
  readonly columns: readonly OutputColumn[]
  readonly parts: PartStore
  readonly createdBy: string
  /** What messages call the output. */
  readonly output: string
}

/** Writes a partition as one Parquet file, a row group at a time. */
export function createPartWriter({ partition, columns, parts, createdBy, output }: PartWriterOptions): PartitionWriter {
  const temporary = parts.temporary(partition.index)
  const file = new PartFile({ path: temporary, columns, createdBy })
  const refused: RefusedRow[] = []

  async function abort(): Promise<void> {
    // What could not be written cannot be closed either, and is removed.
    await file.close().catch(() => undefined)
    await parts.abort(temporary)
  }

  return {
    async write(batch) {
      try {
        await file.append(takeKeyed(batch, columns, refused))
      } catch (thrown) {
        throw writeFailure(output, thrown)
      }
    },
    async commit(record) {
      try {
        await file.finish()
        return await parts.commit(partition.index, temporary, (data) => record(refused, data))
      } catch (thrown) {
        await abort()
        throw writeFailure(output, thrown)
      }
    },
    abort,
  }
}

/** SINK_FAILED that names the output and the reason, where the system refused; other errors as they are. */
export function writeFailure(output: string, thrown: unknown): unknown {
  return sinkFailure(`writing ${output}`, thrown)
}
