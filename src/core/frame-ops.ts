import type { Column, Columns } from './frame.js'

/** A record of columns with a null prototype, so that `__proto__` is a name like any other. */
export function columnsOf(entries: Iterable<readonly [string, Column]>): Columns {
  const columns = Object.create(null) as Record<string, Column>
  for (const [name, column] of entries) columns[name] = column
  return columns
}
