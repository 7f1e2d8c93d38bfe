import { SlipwayError } from '../../core/errors.js'
import type { TableSink } from '../../core/table.js'
import { packageVersion } from '../package-info.js'
import type { SinkContext, SinkSpec } from './scoring-spec.js'

/** Opens the sink that a spec names; its engine is loaded now. */
export async function openSink(spec: SinkSpec, context: SinkContext): Promise<TableSink> {
  const plan = { run: context.run, columns: context.columns, staging: context.staging }
  switch (spec.kind) {
    case 'file': {
      const { createPartStore } = await import('../../drivers/folder/part-store.js')
      const parts = createPartStore({
        destination: spec.path.replace(/\/+$/, ''),
        staging: context.staging,
        run: context.run,
        extension: spec.format,
        existing: spec.existing,
      })
      if (spec.format === 'parquet') {
        const { createParquetSink } = await import('../../drivers/parquet/parquet-sink.js')
        return createParquetSink({ path: spec.path, plan, parts, version: packageVersion() })
      }
      const { createTextFileSink } = await import('../../drivers/text-files/text-file-sink.js')
      return createTextFileSink({ path: spec.path, format: spec.format, plan, parts })
    }
    case 'stdout': {
      const { createStdoutSink } = await import('../../drivers/text-files/stdout-sink.js')
      return createStdoutSink({ format: spec.format, plan, stream: process.stdout })
    }
    case 'sqlite': {
      const { createSqliteTableSink } = await import('../../drivers/sqlite/table-sink.js')
      return createSqliteTableSink({ path: spec.path, table: spec.table, plan, overwrite: spec.overwrite })
    }
    case 'postgres': {
      const { createPostgresTableSink } = await import('../../drivers/postgres/table-sink.js')
      return createPostgresTableSink({ url: spec.url, table: spec.table, plan, overwrite: spec.overwrite })
    }
    case 'stored': {
      const { openStoredSets } = await import('../open-stored-sets.js')
      const { createStoredSink } = await import('../../targets/stored/stored-sink.js')
      const sets = await openStoredSets(spec.store)
      return createStoredSink({ sets, set: spec.set, plan, outputs: context.outputs, policy: spec.policy })
    }
    default:
      throw new SlipwayError('INTERNAL', 'no such sink')
  }
}
