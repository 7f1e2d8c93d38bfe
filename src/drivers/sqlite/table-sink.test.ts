import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OutputColumn, TableSink } from '../../core/table.js'
import { openDatabase } from './open-database.js'
import { createSqliteTableSink } from './table-sink.js'

let folder: string
let path: string
const opened: TableSink[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-sink-'))
  path = join(folder, 'shop.db')
})
afterEach(async () => {
  for (const sink of opened.splice(0)) await sink.close()
  await rm(folder, { recursive: true })
})

const columns: readonly OutputColumn[] = [{ name: 'id', type: 'integer', dtype: 'int64', shape: [] }]

function sinkOf(run: string, options: { readonly overwrite?: boolean; readonly waitMs?: number } = {}): TableSink {
  const sink = createSqliteTableSink({ path, table: 'scores', plan: { run, columns, staging: folder }, ...options })
  opened.push(sink)
  return sink
}

async function run(sql: string): Promise<unknown[]> {
  const database = await openDatabase(path, { readonly: false })
  try {
    if (!sql.startsWith('SELECT')) database.exec(sql)
    return sql.startsWith('SELECT') ? database.prepare(sql).raw(true).all([]) : []
  } finally {
    database.close()
  }
}

describe('a table of a SQLite file as output', () => {
  it('does not replace a table that no run wrote, unless it is told to', async () => {
    await run('CREATE TABLE scores (mine); INSERT INTO scores VALUES (1)')
    await expect(sinkOf('run1').prepare()).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
    expect(await run('SELECT mine FROM scores')).toEqual([[1]])
    const sink = sinkOf('run1', { overwrite: true })
    await sink.prepare()
    await sink.finish([])
    expect(await run('SELECT id FROM scores')).toEqual([])
  })

  it('never replaces a view', async () => {
    await run('CREATE VIEW scores AS SELECT 1 AS id')
    await expect(sinkOf('run1', { overwrite: true }).prepare()).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
  })

  it('replaces the table of an earlier run, and leaves no other behind', async () => {
    for (const name of ['run1', 'run2']) {
      const sink = sinkOf(name)
      await sink.prepare()
      await sink.finish([])
    }
    const tables = await run(`SELECT name FROM sqlite_schema WHERE name LIKE 'scores%'`)
    expect(tables).toEqual([['scores']])
  })

  it('says that the file is none of SQLite', async () => {
    await writeFile(path, 'id,score\n'.repeat(1000))
    await expect(sinkOf('run1').prepare()).rejects.toMatchObject({ code: 'SINK_FAILED' })
  })

  it('gives up when another process keeps writing', async () => {
    const sink = sinkOf('run1', { waitMs: 30 })
    await sink.prepare()
    const other = await openDatabase(path, { readonly: false })
    other.exec('BEGIN IMMEDIATE')
    await expect(sink.finish([])).rejects.toMatchObject({ code: 'SINK_FAILED' })
    other.exec('COMMIT')
    other.close()
    await sink.finish([])
  })
})
