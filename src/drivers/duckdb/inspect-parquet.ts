import type { InputFile, TableColumn } from '../../core/table.js'
import { parseType, tableType } from './column-types.js'
import { openEngine } from './engine.js'
import type { EngineOptions } from './engine.js'
import { failure } from './reason.js'
import { literalPath, scan, text } from './sql-text.js'

/** What the footer of a Parquet file tells. */
export interface ParquetInfo {
  readonly rows: number
  /** Rows of each row group, in order. */
  readonly rowGroups: readonly number[]
  /** `sourceType` is the engine's name of the type: `DECIMAL(10,2)`. */
  readonly columns: readonly (TableColumn & { readonly sourceType: string })[]
}

/** Reads the footer of a Parquet file. SOURCE_INVALID when it is damaged, cut off or no Parquet. */
export async function inspectParquet(file: Pick<InputFile, 'name' | 'path'>, options: EngineOptions = {}): Promise<ParquetInfo> {
  const engine = await openEngine(null, options)
  try {
    const path = text(literalPath(file.path))
    const groups = await engine.rows(
      `SELECT row_group_id, any_value(row_group_num_rows) AS rows FROM parquet_metadata(${path}) GROUP BY row_group_id ORDER BY row_group_id`,
    )
    const rowGroups = groups.map((group) => Number(group['rows']))
    const columns = await engine.rows(`DESCRIBE SELECT * FROM ${scan(file.path)}`)
    return {
      rows: rowGroups.reduce((sum, rows) => sum + rows, 0),
      rowGroups,
      columns: columns.map((column) => {
        const sourceType = String(column['column_type'])
        return { name: String(column['column_name']), type: tableType(parseType(sourceType)), sourceType }
      }),
    }
  } catch (thrown) {
    throw failure('SOURCE_INVALID', `${file.name} cannot be read as Parquet`, thrown, new Map([[file.path, file.name]]))
  } finally {
    engine.close()
  }
}
