import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manyInputModel } from '../fixtures/models.js'
import { type BatchReport, type Flags, flagsOf, runBatch } from '../support/batch.js'
import { duckdbRows, parquetRows } from '../support/duckdb.js'
import { slipway } from '../support/slipway.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

type Row = Readonly<Record<string, unknown>>

// What `zstd` made of the text of `csv` below: this Node cannot write it.
const zstandard = readFileSync(fileURLToPath(new URL('../fixtures/tables/rows.csv.zst', import.meta.url)))
const countries = ['DE', 'FR', 'é, "x"\nof two lines'] as const
const points = { DE: 10, FR: 20 } as Readonly<Record<string, number>>
/** Exact in float32, so that the sum can be said by hand. */
const rows = Array.from({ length: 30 }, (_, i) => ({
  id: `r${String(i).padStart(2, '0')}`,
  amount: i / 4 - 1,
  count: i * 3,
  member: i % 2 === 0,
  country: countries[i % 3]!,
}))
const csv = csvOf(rows)
const jsonLines = linesOf(rows)
const scored = rows.map(({ id, amount, count, member, country }) => ({
  id,
  score: amount + count + Number(member) + (points[country] ?? 0),
  _source: 'model',
  _codes: null,
  _model: 'many@1',
}))

let workspace: Workspace
const at = (name: string): string => join(workspace.folder, name)

function csvOf(table: readonly Row[]): string {
  const cell = (value: unknown): string => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value))
  const lines = [Object.keys(table[0]!), ...table.map((row) => Object.values(row))]
  return lines.map((line) => `${line.map(cell).join(',')}\n`).join('')
}

function linesOf(table: readonly Row[]): string {
  return table.map((row) => `${JSON.stringify(row)}\n`).join('')
}

function parsed(text: string): Row[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

async function linesIn(name: string): Promise<Row[]> {
  return parsed(await readFile(at(name), 'utf8'))
}

/** A run that must be complete. */
async function complete(flags: Flags): Promise<BatchReport> {
  const { code, report, stdout, stderr } = await runBatch(workspace, { model: 'many', key: 'id', ...flags })
  if (code !== 0) throw new Error(`the run ended with ${code}: ${stdout}${stderr}`)
  expect(report.state).toBe('completed')
  return report
}

beforeAll(async () => {
  workspace = await openWorkspace()
  await workspace.json('models', 'add', await workspace.file('many.onnx', manyInputModel()))
  await workspace.file('in.csv', csv)
  await workspace.file('in.jsonl', jsonLines)
  await workspace.file('in.csv.gz', gzipSync(csv))
  await workspace.file('in.jsonl.gz', Buffer.concat([gzipSync(jsonLines.slice(0, 500)), gzipSync(jsonLines.slice(500))]))
  await workspace.file('in.csv.zst', zstandard)
  for (const [part, start] of [0, 10, 20].entries()) {
    await workspace.file(`parts/rows-${part}.csv`, csvOf(rows.slice(start, start + 10)))
    await workspace.file(`days/2026-01-0${part + 1}/rows.jsonl`, linesOf(rows.slice(start, start + 10)))
  }
  await workspace.file('parts/readme.txt', 'not a table')
  const from = `read_json('${at('in.jsonl')}', format = 'newline_delimited', columns = {id: 'VARCHAR', amount: 'DOUBLE', count: 'BIGINT', member: 'BOOLEAN', country: 'VARCHAR'})`
  await duckdbRows(`COPY (SELECT * FROM ${from}) TO '${at('in.parquet')}' (FORMAT parquet, ROW_GROUP_SIZE 10)`)
  await duckdbRows(`CREATE TABLE payments AS SELECT * FROM ${from}`, at('shop.duckdb'))
  const database = new Database(at('shop.sqlite'))
  database.exec('CREATE TABLE payments (id TEXT PRIMARY KEY, amount REAL, count INTEGER, member BOOLEAN, country TEXT)')
  const insert = database.prepare('INSERT INTO payments VALUES (?, ?, ?, ?, ?)')
  for (const { id, amount, count, member, country } of rows) insert.run(id, amount, count, Number(member), country)
  database.close()
})
afterAll(() => workspace.remove())

const query = 'SELECT * FROM payments ORDER BY id'
const sources: readonly (readonly [string, Flags])[] = [
  ['CSV', { from: 'in.csv' }],
  ['JSON lines', { from: 'in.jsonl' }],
  ['Parquet', { from: 'in.parquet' }],
  ['gzipped CSV', { from: 'in.csv.gz' }],
  ['JSON lines of two gzip members', { from: 'in.jsonl.gz' }],
  ['CSV by zstd', { from: 'in.csv.zst' }],
  ['a folder', { from: 'parts/' }],
  ['a glob', { from: 'days/**/*.jsonl' }],
  ['a query of SQLite', { from: 'sqlite:shop.sqlite', query }],
  ['a query of DuckDB', { from: 'duckdb:shop.duckdb', query }],
]

describe('slipway batch run reads', () => {
  it.each(sources)('%s', async (name, flags) => {
    const to = `from-${name.replaceAll(' ', '-')}.jsonl`
    const report = await complete({ ...flags, to, 'partition-rows': '8' })
    expect(report).toMatchObject({ counts: { read: 30, filtered: 0, written: 30, bad: 0, fallback: 0 }, quarantine: null, error: null })
    expect(await linesIn(to)).toEqual(scored)
  })

  it.each([
    ['csv', csv],
    ['jsonl', jsonLines],
  ])('standard input of %s', async (format, input) => {
    const flags = { model: 'many', from: '-', 'from-format': format, to: `piped-${format}.jsonl`, key: 'id', state: workspace.state }
    const { code } = await slipway(['batch', 'run', ...flagsOf(flags), '--quiet'], { cwd: workspace.folder, input })
    expect(code).toBe(0)
    expect(await linesIn(`piped-${format}.jsonl`)).toEqual(scored)
  })
})

/** Where rows go, and how they are read there. */
const sinks: readonly (readonly [string, Flags, (report: BatchReport) => Promise<Row[]>])[] = [
  ['CSV', { to: 'out.csv' }, () => csvRows(at('out.csv'))],
  ['gzipped CSV', { to: 'out.csv.gz' }, () => csvRows(at('out.csv.gz'))],
  ['JSON lines', { to: 'out.jsonl' }, () => linesIn('out.jsonl')],
  ['gzipped JSON lines', { to: 'out.jsonl.gz' }, async () => parsed(gunzipSync(await readFile(at('out.jsonl.gz'))).toString())],
  ['Parquet', { to: 'out.parquet' }, () => parquetRows(at('out.parquet'))],
  ['a folder of Parquet', { to: 'scores/' }, () => parquetRows(at('scores/*.parquet'))],
  ['a folder of CSV', { to: 'scores-csv/', 'to-format': 'csv' }, () => csvRows(at('scores-csv/*.csv'))],
  ['a table of SQLite', { to: 'sqlite:out.sqlite', table: 'scores' }, async () => tableRows('out.sqlite', 'scores')],
]

function csvRows(path: string): Promise<Row[]> {
  const columns = `{id: 'VARCHAR', score: 'DOUBLE', _source: 'VARCHAR', _codes: 'VARCHAR', _model: 'VARCHAR'}`
  return duckdbRows(`SELECT * FROM read_csv('${path}', header = true, columns = ${columns})`)
}

function tableRows(name: string, table: string): Row[] {
  const database = new Database(at(name))
  const found = database.prepare(`SELECT * FROM ${table} ORDER BY rowid`).all() as Row[]
  database.close()
  return found
}

describe('slipway batch run writes', () => {
  it.each(sinks)('%s, and nothing beside it', async (_, flags, read) => {
    const report = await complete({ from: 'in.csv', ...flags, 'partition-rows': '8' })
    expect(report.output?.rows).toBe(30)
    expect((await read(report)).map((row) => ({ ...row }))).toEqual(scored)
    expect((await readdir(workspace.folder)).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('a folder with a manifest of its parts', async () => {
    await complete({ from: 'in.csv', to: 'manifest/', 'to-format': 'jsonl', 'partition-rows': '8' })
    const names = await readdir(at('manifest'))
    expect(names).toContain('_manifest.json')
    expect(names.filter((name) => name.endsWith('.jsonl')).length).toBeGreaterThan(1)
  })

  it.each(['jsonl', 'csv'] as const)('%s to standard output, in order, with the report on standard error', async (format) => {
    const flags = { model: 'many', from: 'in.csv', to: '-', 'to-format': format, key: 'id', 'partition-rows': '8' }
    const { code, stdout, stderr } = await workspace.run('batch', 'run', ...flagsOf(flags), '--quiet', '--json')
    expect(code).toBe(0)
    const found = format === 'jsonl' ? parsed(stdout) : await csvRows(await workspace.file('printed.csv', stdout))
    expect(found).toEqual(scored)
    expect(JSON.parse(stderr)).toMatchObject({ state: 'completed', counts: { written: 30 } })
  })

  it('stored predictions, found by their keys', async () => {
    const report = await complete({ from: 'in.csv', to: 'stored', 'partition-rows': '8' })
    expect(report.stored).toMatchObject({ flipped: true })
    const { answers } = (await workspace.json('stored', 'get', 'many', ...rows.map(({ id }) => id))) as { answers: Row[] }
    expect(answers).toEqual(
      scored.map(({ id, score }) => expect.objectContaining({ key: id, output: { score }, source: 'model' }) as unknown),
    )
  })
})

const columns: readonly Row[] = [
  { id: 'a', amt: 0.25, count: 1, member: true, land: 'DE', at: '2026-01-02T03:04:05Z', big: '9007199254740993', note: 'x' },
  { id: 'b', amt: 0.5, count: 20, member: false, land: 'FR', at: '2026-01-02T00:00:00Z', big: '5', note: '' },
  { id: 'c', amt: 1.5, count: 30, member: true, land: 'DE', at: '2026-01-03T00:00:00Z', big: '7', note: "it's" },
]

describe('columns', () => {
  const mapped = { from: 'columns.csv', map: 'amount=amt, country=land' }

  beforeAll(() => workspace.file('columns.csv', csvOf(columns)))

  it('are mapped, passed and typed as they are told to be', async () => {
    await complete({ ...mapped, to: 'passed.jsonl', pass: 'at,big,note,land', types: 'at=timestamp,big=integer' })
    const text = await readFile(at('passed.jsonl'), 'utf8')
    // More digits than a float64 has.
    expect(text).toContain('"big":9007199254740993,')
    expect(parsed(text).map(({ id, at: time, note, land, score }) => [id, time, note, land, score])).toEqual([
      ['a', Date.UTC(2026, 0, 2, 3, 4, 5), 'x', 'DE', 12.25],
      ['b', Date.UTC(2026, 0, 2), null, 'FR', 40.5],
      ['c', Date.UTC(2026, 0, 3), "it's", 'DE', 42.5],
    ])
  })

  it('are all kept with --pass "*", in their order', async () => {
    await complete({ ...mapped, to: 'all.csv', pass: '*' })
    const [header, first] = (await readFile(at('all.csv'), 'utf8')).split('\n')
    expect(header).toBe('id,amt,count,member,land,at,big,note,score,_source,_codes,_model')
    expect(first).toBe('a,0.25,1,true,DE,2026-01-02T03:04:05Z,9007199254740993,x,12.25,model,,many@1')
  })

  it('keep the types of Parquet', async () => {
    await complete({ from: 'in.parquet', to: 'typed.parquet', pass: '*' })
    const described = await duckdbRows(`DESCRIBE SELECT * FROM read_parquet('${at('typed.parquet')}')`)
    expect(described.map(({ column_name: name, column_type: type }) => [name, type])).toEqual([
      ['id', 'VARCHAR'],
      ['amount', 'DOUBLE'],
      ['count', 'BIGINT'],
      ['member', 'BOOLEAN'],
      ['country', 'VARCHAR'],
      ['score', 'DOUBLE'],
      ['_source', 'VARCHAR'],
      ['_codes', 'VARCHAR'],
      ['_model', 'VARCHAR'],
    ])
    const found = await parquetRows(at('typed.parquet'))
    expect(found.map(({ country, count }) => [country, count])).toEqual(rows.map(({ country, count }) => [country, BigInt(count)]))
  })

  it.each([
    [`land = 'DE' and count > 10`, ['c']],
    [`note is null or big = 9007199254740993`, ['a', 'b']],
    [`not (at < '2026-01-02T01:00:00Z') and member`, ['a', 'c']],
  ])('choose rows: %s', async (where, ids) => {
    const to = `where-${ids.join('')}.jsonl`
    const { counts } = await complete({ ...mapped, to, where })
    expect(counts).toMatchObject({ read: 3, filtered: 3 - ids.length, written: ids.length })
    expect((await linesIn(to)).map(({ id }) => id)).toEqual(ids)
  })
})

describe('slipway batch plan', () => {
  it('says what feeds which input and what would be written, and scores nothing', async () => {
    const flags = { model: 'many', from: 'columns.csv', to: 'planned.parquet', key: 'id', map: 'amount=amt,country=land' }
    const plan = (await workspace.json('batch', 'plan', ...flagsOf(flags))) as Row
    expect(plan).toMatchObject({
      state: 'new',
      files: ['columns.csv'],
      partitions: 1,
      inputs: [
        { input: 'amount', column: 'amt', needed: 'yes' },
        { input: 'count', column: 'count' },
        { input: 'member', column: 'member' },
        { input: 'country', column: 'land' },
      ],
      unused: ['at', 'big', 'note'],
      output: [
        { name: 'id', type: 'text' },
        { name: 'score', type: 'number' },
        { name: '_source', type: 'text' },
        { name: '_codes', type: 'text' },
        { name: '_model', type: 'text' },
      ],
    })
    expect(await readdir(workspace.folder)).not.toContain('planned.parquet')
  })
})
