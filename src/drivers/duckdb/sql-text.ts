import { resolve } from 'node:path'

/** How files are written: Snappy, which every reader knows, and to the very path given, which is a temporary one already. */
export const parquetFormat = 'FORMAT parquet, COMPRESSION snappy, USE_TMP_FILE false'

/** A name of SQL, quoted. */
export function name(column: string): string {
  return `"${column.replaceAll('"', '""')}"`
}

/** A text of SQL, quoted. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

/** Reads one Parquet file: characters of patterns in its path mean themselves, and folders named `a=b` are no columns. */
export function scan(path: string, options: { readonly rowNumbers?: boolean } = {}): string {
  const rowNumbers = options.rowNumbers === true ? ', file_row_number = true' : ''
  return `read_parquet(${text(literalPath(path))}, hive_partitioning = false${rowNumbers})`
}

/** A path as a pattern that only it matches. */
export function literalPath(path: string): string {
  return resolve(path).replaceAll(/[*?[]/g, '[$&]')
}
