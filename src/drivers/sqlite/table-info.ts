import { SlipwayError } from '../../core/errors.js'
import type { Database } from './open-database.js'

/** A table as SQLite has it: declared types, upper case, by column. */
export interface TableInfo {
  readonly name: string
  readonly columns: ReadonlyMap<string, string>
}

/** Reads the columns of a table or view; null when there is none. SQLite compares names without case, features do not: the name must be exact. */
export function readTable(database: Database, name: string): TableInfo | null {
  const found = database
    .prepare(`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE`)
    .raw(true)
    .get([name])
  if (!Array.isArray(found)) return null
  if (found[0] !== name) throw new SlipwayError('INVALID_REQUEST', `the table \`${name}\` is there as \`${String(found[0])}\``)
  const rows = database.prepare(`SELECT name, type FROM pragma_table_info(?)`).raw(true).all([name]) as [string, string][]
  return { name, columns: new Map(rows.map(([column, type]) => [column, type.toUpperCase()])) }
}

/** A name inside SQL. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A path as a URI that opens the file without the right to write; `immutable` where it never changes, so that no locks are needed. */
export function readOnlyUri(path: string, immutable: boolean = false): string {
  return `file:${encodeURI(path).replaceAll('?', '%3f').replaceAll('#', '%23')}?mode=ro${immutable ? '&immutable=1' : ''}`
}
