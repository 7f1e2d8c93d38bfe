import type { InputFile, TableColumn } from '../../core/table.js'
import { parseType, tableType } from './column-types.js'
import { openEngine } from './engine.js'
import type { EngineOptions } from './engine.js'
import { failure } from './reason.js'
import { literalPath, scan, text } from './sql-text.js'

/** What the footer of a Parquet file tells. */
export interface ParquetInfo {
  readonly rows: number
  readonly rowGroups: number
  /** `sourceType` is the engine's name of the type: `DECIMAL(10,2)`. */
  readonly columns: readonly (TableColumn & { readonly sourceType: string })[]
}

/** Reads the footer of a Parquet file. SOURCE_INVALID when it is damaged, cut off or no Parquet. */
export async function inspectParquet(file: Pick<InputFile, 'name' | 'path'>, options: EngineOptions = {}): Promise<ParquetInfo> {
  const engine = await openEngine(null, options)
  try {
    const [counts] = await engine.rows(`SELECT num_rows, num_row_groups FROM parquet_file_metadata(${text(literalPath(file.path))})`)
    const columns = await engine.rows(`DESCRIBE SELECT * FROM ${scan(file.path)}`)
    return {
      rows: Number(counts!['num_rows']),
      rowGroups: Number(counts!['num_row_groups']),
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
