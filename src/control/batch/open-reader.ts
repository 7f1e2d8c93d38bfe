import type { FileFormat, InputFile, TablePlanner, TableReader } from '../../core/table.js'
import { createParquetPlanner, createParquetReader } from '../../drivers/duckdb/parquet-reader.js'
import { createCsvReader } from '../../drivers/text-files/csv-reader.js'
import { createJsonLinesReader } from '../../drivers/text-files/json-lines-reader.js'
import { createTextPlanner } from '../../drivers/text-files/text-planner.js'

/** The reader of a file's format. Nothing is opened before it is asked. */
export function openReader(file: InputFile, { memoryMb }: { readonly memoryMb: number }): TableReader {
  switch (file.format) {
    case 'csv':
      return createCsvReader(file)
    case 'jsonl':
      return createJsonLinesReader(file)
    case 'parquet':
      return createParquetReader(file, { memoryMb, threads: 1 })
  }
}

/** What cuts files of a format. */
export function plannerOf(format: FileFormat): TablePlanner {
  return format === 'parquet' ? createParquetPlanner() : createTextPlanner()
}
