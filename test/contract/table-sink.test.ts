import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OutputColumn } from '../../src/core/table.js'
import { openDatabase } from '../../src/drivers/sqlite/open-database.js'
import { createSqliteTableSink } from '../../src/drivers/sqlite/table-sink.js'
import { tableSinkContract } from './table-sink.js'

tableSinkContract(
  'into SQLite',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-sink-'))
    const path = join(folder, 'shop.db')
    return {
      staging: folder,
      open: async (plan) => createSqliteTableSink({ path, table: 'scores of "x"', plan }),
      rows: (columns) => tableOf(path, columns),
      remove: () => rm(folder, { recursive: true }),
    }
  },
  { keys: 'checked', nan: 'null' },
)

async function tableOf(path: string, columns: readonly OutputColumn[]): Promise<readonly Record<string, unknown>[] | null> {
  const database = await openDatabase(path, { readonly: true })
  try {
    if (database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = ?`).raw(true).get(['scores of "x"']) === undefined) return null
    const statement = database.prepare('SELECT * FROM "scores of ""x"""').raw(true).safeIntegers(true)
    const rows = statement.all([]) as unknown[][]
    return rows.map((row) => Object.fromEntries(columns.map(({ name, type }, i) => [name, valueOf(row[i], type)])))
  } finally {
    database.close()
  }
}

function valueOf(value: unknown, type: OutputColumn['type']): unknown {
  if (value === null) return null
  if (type === 'boolean') return value === 1n
  if (type === 'timestamp') return Date.parse(value as string)
  return type === 'json' ? (JSON.parse(value as string) as unknown) : value
}
