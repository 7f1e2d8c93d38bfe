import { open, rm } from 'node:fs/promises'
import { SlipwayError } from '../../core/errors.js'
import { numberText, stringText } from '../../core/json-writer.js'
import type { QuerySource } from '../../core/table.js'
import { sqliteFailure } from './locked.js'
import { loadDriver } from './open-database.js'
import type { Database } from './open-database.js'
import { readOnlyUri } from './table-info.js'

/** Text that is gathered before it is written. */
const blockLength = 1 << 18

/** Queries of a SQLite file, which is opened without the right to write; their rows are spooled as JSON lines. */
export function createSqliteQuery({ path }: { readonly path: string }): QuerySource {
  return {
    async spool(query, target, { signal, progress }) {
      const database = await openForReading(path)
      try {
        return { rows: await write(linesOf(database, query), target, { signal, progress }), format: 'jsonl' }
      } catch (error) {
        await rm(target, { force: true })
        throw describe(error)
      } finally {
        database.close()
      }
    },
    close: () => Promise.resolve(),
  }
}

async function openForReading(path: string): Promise<Database> {
  const Driver = await loadDriver()
  try {
    const database = new Driver(readOnlyUri(path))
    database.pragma('busy_timeout = 10000')
    return database
  } catch (error) {
    throw new SlipwayError('SOURCE_INVALID', `the SQLite file \`${path}\` cannot be opened`, { cause: error })
  }
}

/** Each row as a line of JSON: integers with all their digits, booleans where the column is declared so. */
function* linesOf(database: Database, query: string): Iterable<string> {
  const sql = query.trim().replace(/;\s*$/, '')
  // Only one query that reads can stand there.
  database.prepare(`SELECT * FROM (${sql}\n)`)
  const statement = database.prepare(sql).raw(true).safeIntegers(true)
  const columns = statement.columns()
  const names = columns.map(({ name }) => name)
  const twin = names.find((name, i) => names.indexOf(name) < i)
  if (twin !== undefined) throw new SlipwayError('SOURCE_SCHEMA', `the query gives two columns with the name \`${twin}\``)
  const booleans = columns.map(({ type }) => type?.toUpperCase() === 'BOOLEAN')
  const keys = names.map((name, i) => `${i === 0 ? '{' : ','}${stringText(name)}:`)
  let row = 0
  for (const values of statement.iterate([]) as Iterable<unknown[]>) {
    let line = ''
    for (let i = 0; i < keys.length; i++) {
      const text = textOf(values[i], booleans[i]!)
      if (text === null)
        throw new SlipwayError(
          'SOURCE_SCHEMA',
          `the column \`${names[i]}\` has a blob in row ${row}: leave it out, or make it text with hex()`,
        )
      line += keys[i]! + text
    }
    row++
    yield `${line}}\n`
  }
}

function textOf(value: unknown, boolean: boolean): string | null {
  if (value === null) return 'null'
  if (typeof value === 'bigint') return boolean && (value === 0n || value === 1n) ? String(value === 1n) : String(value)
  if (typeof value === 'number') return numberText(value, 'literal')
  return typeof value === 'string' ? stringText(value) : null
}

async function write(
  lines: Iterable<string>,
  path: string,
  { signal, progress }: { readonly signal: AbortSignal | undefined; readonly progress: ((rows: number) => void) | undefined },
): Promise<number> {
  const file = await open(path, 'w')
  try {
    let rows = 0
    let text = ''
    for (const line of lines) {
      rows++
      text += line
      if (text.length < blockLength) continue
      await file.writeFile(text)
      text = ''
      progress?.(rows)
      if (signal?.aborted === true) throw new SlipwayError('CANCELLED', 'the query was interrupted')
    }
    await file.writeFile(text)
    progress?.(rows)
    return rows
  } finally {
    await file.close()
  }
}

function describe(error: unknown): SlipwayError {
  if (error instanceof SlipwayError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const failure = sqliteFailure(error, 'SOURCE_INVALID')
  return failure.message === 'SQLite failed' ? new SlipwayError('SOURCE_INVALID', `the query failed: ${reason}`, { cause: error }) : failure
}
