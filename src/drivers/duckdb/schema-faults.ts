import { SlipwayError } from '../../core/errors.js'
import { name as quote } from './sql-text.js'

/** Most column names that a message lists. */
const shown = 40

/** A column that is wanted and not there: names it, the columns there are, those that look alike, and the way out. */
export function absentColumn(fault: {
  /** Input of the model; null for a carried column. */
  readonly name: string | null
  readonly column: string
  readonly columns: readonly string[]
  readonly file: string
}): SlipwayError {
  const { name, column, columns, file } = fault
  const listed = columns.slice(0, shown).map((each) => `\`${each}\``)
  const rest = columns.length > shown ? ` and ${columns.length - shown} more` : ''
  const near = nearest(column, columns)
  const hint = near.length === 0 ? '' : ` Did you mean ${near.map((each) => `\`${each}\``).join(' or ')}?`
  const map = name === null ? '' : ` Give the input another column with --map ${name}=<column>.`
  return new SlipwayError('SOURCE_SCHEMA', `${file} has no column \`${column}\`; it has ${listed.join(', ')}${rest}.${hint}${map}`)
}

/** A column of a type that the input cannot take. */
export function wrongType(fault: {
  readonly name: string
  readonly column: string
  readonly file: string
  readonly found: string
  readonly wanted: string
  readonly cast: string
}): SlipwayError {
  const { name, column, file, found, wanted, cast } = fault
  const quoted = quote(column)
  const query = `SELECT * REPLACE (CAST(${quoted} AS ${cast}) AS ${quoted}) FROM '${file}'`
  return new SlipwayError(
    'SOURCE_SCHEMA',
    `column \`${column}\` of ${file} is ${found}, and input \`${name}\` wants ${wanted}. Cast it in a query: --from duckdb:<database> --query "${query}"`,
  )
}

/** Names that differ in case or separators only, else in two characters at most. */
function nearest(name: string, names: readonly string[]): readonly string[] {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
  const alike = names.filter((other) => plain(other) === plain(name))
  if (alike.length > 0) return alike.slice(0, 3)
  const limit = Math.min(2, Math.floor(name.length / 3))
  return names.filter((other) => distance(plain(name), plain(other)) <= limit).slice(0, 3)
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
