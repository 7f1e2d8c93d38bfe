import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manyInputModel } from '../fixtures/models.js'
import { type BatchReport, type EndedRun, type Flags, flagsOf, runBatch } from '../support/batch.js'
import { duckdbRows } from '../support/duckdb.js'
import type { CommandResult } from '../support/slipway.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const header = 'id,amount,count,member,country\n'
const goodRow = 'ok,1,2,true,DE\n'
const manyRows = `${header}${Array.from({ length: 20_000 }, (_, i) => `row-${i},${i},1,true,DE\n`).join('')}`
const zstandard = new URL('../fixtures/tables/rows.csv.zst', import.meta.url)

let workspace: Workspace
const at = (name: string): string => join(workspace.folder, name)
const run = (flags: Flags): Promise<EndedRun> => runBatch(workspace, { model: 'many', key: 'id', ...flags })

beforeAll(async () => {
  workspace = await openWorkspace()
  await workspace.json('models', 'add', await workspace.file('many.onnx', manyInputModel()))
  await workspace.file('good.csv', header + goodRow)
  await workspace.file('big.csv', manyRows)
  const columns = "'ok' AS id, 1.0::DOUBLE AS amount, 2 AS count, true AS member, 'DE' AS country"
  await writeParquet('good.parquet', `SELECT ${columns} FROM range(5000)`)
  const whole = await readFile(at('good.parquet'))
  await writeFile(at('cut.parquet'), whole.subarray(0, whole.length / 2))
  await writeFile(at('headless.parquet'), Buffer.concat([Buffer.from('PAR1'), whole.subarray(whole.length / 2)]))
  await writeFile(at('damaged.parquet'), Buffer.from(whole).fill(0xee, 4, 400))
  await writeParquet('texts.parquet', `SELECT * REPLACE ('1.0' AS amount) FROM (SELECT ${columns})`)
  await writeParquet('lists.parquet', `SELECT * REPLACE ([1.0] AS amount) FROM (SELECT ${columns})`)
  await writeParquet('nothing.parquet', `SELECT ${columns} WHERE false`)
  await writeParquet('renamed.parquet', `SELECT * EXCLUDE amount, amount AS amounts FROM (SELECT ${columns})`)
  await writeParquet('nulls.parquet', `SELECT ${columns} UNION ALL SELECT 'no', NULL, 2, true, 'DE'`)
  await mkdir(at('empty-folder'))
})
afterAll(() => workspace.remove())

async function writeParquet(name: string, query: string): Promise<void> {
  await duckdbRows(`COPY (${query}) TO '${at(name)}' (FORMAT parquet)`)
}

function seemsADefect({ stdout, stderr }: CommandResult): boolean {
  return /\n\s+at |INTERNAL|node_modules|file:\/\//.test(stdout + stderr)
}

/** Nothing of an output can be seen: neither under its name nor beside it. */
async function expectNothing(to: string): Promise<void> {
  expect(existsSync(at(to))).toBe(false)
  expect((await readdir(workspace.folder)).filter((name) => name.startsWith('.'))).toEqual([])
}

let outputs = 0

/** A source or option that no row can be scored with. */
async function refused(flags: Flags): Promise<{ readonly code: string; readonly exit: number; readonly message: string }> {
  const to = `refused-${outputs++}.jsonl`
  const result = await run({ to, ...flags })
  expect(seemsADefect(result)).toBe(false)
  await expectNothing(to)
  const { code, message } = result.report.error!
  return { code, exit: result.code, message }
}

/** A gzip whose checksum is another. */
function withSum(bytes: Buffer, sum: number): Buffer {
  bytes.writeUInt32LE(sum, bytes.length - 8)
  return bytes
}

const texts: readonly (readonly [string, string, string | Uint8Array, string, RegExp])[] = [
  [
    'a column with another name',
    'renamed.csv',
    'id,Amount,count,member,country\na,1,2,true,DE\n',
    'SOURCE_SCHEMA',
    /no column "amount".*--map amount=Amount/,
  ],
  ['a column twice', 'twice.csv', 'id,amount,amount,count,member,country\na,1,1,2,true,DE\n', 'SOURCE_SCHEMA', /two columns "amount"/],
  ['an empty file', 'empty.csv', '', 'SOURCE_INVALID', /empty\.csv: there are no rows/],
  ['a header alone', 'header.csv', header, 'SOURCE_INVALID', /header\.csv: there are no rows/],
  ['empty lines', 'blank.csv', '\n\r\n\n', 'SOURCE_INVALID', /no rows/],
  ['an empty file of JSON lines', 'empty.jsonl', '', 'SOURCE_INVALID', /no rows/],
  ['UTF-16', 'utf16.csv', Buffer.from(`\uFEFF${header}${goodRow}`, 'utf16le'), 'SOURCE_INVALID', /UTF-16/],
  ['UTF-16 as JSON lines', 'utf16.jsonl', Buffer.from('\uFEFF{"id":"a"}\n', 'utf16le'), 'SOURCE_INVALID', /UTF-16/],
  ['a gzip that breaks off', 'cut.csv.gz', gzipSync(manyRows).subarray(0, 20_000), 'SOURCE_INVALID', /cut\.csv\.gz is cut off/],
  ['a gzip without its last bytes', 'tail.csv.gz', gzipSync(manyRows).subarray(0, -4), 'SOURCE_INVALID', /tail\.csv\.gz is cut off/],
  ['a gzip with a wrong checksum', 'sum.csv.gz', withSum(gzipSync(manyRows), 1), 'SOURCE_INVALID', /sum\.csv\.gz/],
  ['a name that says gzip of a text', 'plain.csv.gz', header + goodRow, 'SOURCE_INVALID', /neither with gzip nor with zstd/],
  ['an empty gzip', 'empty.csv.gz', gzipSync(''), 'SOURCE_INVALID', /no rows/],
  ['a text that is no Parquet', 'text.parquet', header + goodRow, 'SOURCE_INVALID', /text\.parquet cannot be read as Parquet/],
  ['an empty Parquet file', 'empty.parquet', '', 'SOURCE_INVALID', /empty\.parquet cannot be read as Parquet/],
]

describe('a source that cannot be scored is refused before the first row:', () => {
  it.each(texts)('%s', async (_, name, content, code, message) => {
    await workspace.file(name, content)
    expect(await refused({ from: name })).toEqual({ code, exit: 3, message: expect.stringMatching(message) as string })
  })

  it.each([
    ['cut in half', 'cut.parquet', 'SOURCE_INVALID', /cut\.parquet cannot be read as Parquet/],
    ['without its first half', 'headless.parquet', 'SOURCE_INVALID', /headless\.parquet cannot be read/],
    ['with damaged pages', 'damaged.parquet', 'SOURCE_INVALID', /damaged\.parquet cannot be read/],
    ['with a text for a number', 'texts.parquet', 'SOURCE_SCHEMA', /`amount`.*VARCHAR/],
    ['with a list for a number', 'lists.parquet', 'SOURCE_SCHEMA', /`amount`/],
    ['without rows', 'nothing.parquet', 'SOURCE_INVALID', /no rows/],
    ['with a renamed column', 'renamed.parquet', 'SOURCE_SCHEMA', /no column `amount`.*`amounts`/],
  ])('Parquet %s', async (_, from, code, message) => {
    expect(await refused({ from })).toEqual({ code, exit: 3, message: expect.stringMatching(message) as string })
  })

  it('zstd that breaks off', async () => {
    await workspace.file('cut.csv.zst', (await readFile(zstandard)).subarray(0, 150))
    expect(await refused({ from: 'cut.csv.zst' })).toMatchObject({ code: 'SOURCE_INVALID', exit: 3 })
  })

  it.each([
    ['no such file', { from: 'nobody.csv' }, 'FILE_UNKNOWN', 4],
    ['a glob that matches nothing', { from: 'nobody/*.csv' }, 'SOURCE_INVALID', 3],
    ['a folder without tables', { from: 'empty-folder/' }, 'SOURCE_INVALID', 3],
    ['files of two formats', { from: 'good.{csv,parquet}' }, 'SOURCE_INVALID', 3],
    ['a name that says nothing', { from: 'many.onnx' }, 'CONFIG_INVALID', 2],
    ['no such database', { from: 'sqlite:nobody.sqlite', query: 'SELECT 1' }, 'FILE_UNKNOWN', 4],
    ['a file that is no database', { from: 'sqlite:good.csv', query: 'SELECT * FROM payments' }, 'SOURCE_INVALID', 3],
    ['a database without a query', { from: 'sqlite:good.csv' }, 'CONFIG_INVALID', 2],
    ['a scheme that nobody knows', { from: 'ftp://host/in.csv' }, 'CONFIG_INVALID', 2],
  ])('%s', async (_, flags, code, exit) => {
    expect(await refused(flags)).toMatchObject({ code, exit })
  })

  it('a query that fails, as the database says it', async () => {
    await duckdbRows('CREATE TABLE payments (id VARCHAR)', at('shop.duckdb'))
    const { message, ...rest } = await refused({ from: 'duckdb:shop.duckdb', query: 'SELECT * FROM paymnts' })
    expect(rest).toEqual({ code: 'SOURCE_INVALID', exit: 3 })
    expect(message).toContain('paymnts')
  })
})

describe('an option that names what is not there is refused:', () => {
  it.each([
    ['a model', { model: 'nobody' }, 'MODEL_UNKNOWN', 4, /nobody/],
    ['a version', { model: 'many@9' }, 'VERSION_UNKNOWN', 4, /9/],
    ['a key', { key: 'nr' }, 'SOURCE_SCHEMA', 3, /no column .nr./],
    ['a column to pass', { pass: 'note' }, 'SOURCE_SCHEMA', 3, /no column .note./],
    ['a column of the filter', { where: "land = 'DE'" }, 'SOURCE_SCHEMA', 3, /no column .land./],
    ['an input to map', { map: 'amout=amount' }, 'CONFIG_INVALID', 2, /`amout`.*amount/],
    ['a column to map from', { map: 'amount=amt' }, 'SOURCE_SCHEMA', 3, /no column .amt./],
    ['a filter that is none', { where: 'amount >' }, 'CONFIG_INVALID', 2, /amount >|position|expected/],
    ['a passed column named like an output', { from: 'named.csv', pass: 'score' }, 'CONFIG_INVALID', 2, /`score`/],
    ['a type', { types: 'id=uuid' }, 'USAGE', 2, /uuid/],
    ['a format to write', { to: 'out.xlsx' }, 'CONFIG_INVALID', 2, /out\.xlsx/],
    ['a table', { to: 'sqlite:out.sqlite' }, 'CONFIG_INVALID', 2, /--table/],
    ['a key of stored predictions', { to: 'stored', key: undefined }, 'CONFIG_INVALID', 2, /--key/],
  ])('%s', async (_, flags: Flags, code, exit, message) => {
    await workspace.file('named.csv', 'id,amount,count,member,country,score\na,1,2,true,DE,7\n')
    expect(await refused({ from: 'good.csv', ...flags })).toEqual({ code, exit, message: expect.stringMatching(message) as string })
  })
})

/** Runs a table of which only the rows `ok` can be scored, and gives the codes of the others by their number. */
async function putAside(flags: Flags): Promise<readonly (readonly [number, string])[]> {
  const to = `aside-${outputs++}.jsonl`
  const result = await run({ to, ...flags })
  expect(seemsADefect(result)).toBe(false)
  expect(result.code).toBe(0)
  const written = (await readFile(at(to), 'utf8')).trim().split('\n')
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    { id: 'ok', score: 14, _source: 'model', _codes: null, _model: 'many@1' },
  ])
  return quarantined(result.report)
}

async function quarantined({ quarantine }: BatchReport): Promise<readonly (readonly [number, string])[]> {
  const lines = (await readFile(quarantine!, 'utf8')).trim().split('\n')
  return lines.map((line) => {
    const { number, codes } = JSON.parse(line) as { number: number; codes: string[] }
    return [number, codes.join()] as const
  })
}

describe('rows that cannot be scored are put aside, and the others are written:', () => {
  it.each([
    [
      'values of other types',
      ['a,abc,2,true,DE', 'b,1,2.5,true,DE', 'c,1,2,maybe,DE', 'd,1,99999999999999999999,true,DE'],
      ['INPUT_TYPE:amount', 'INPUT_TYPE:count', 'INPUT_TYPE:member', 'INPUT_RANGE:count'],
    ],
    ['absent values', ['a,,2,true,DE', 'b,1,,,DE'], ['INPUT_MISSING:amount', 'INPUT_MISSING:count,INPUT_MISSING:member']],
    ['ragged rows', ['a,1,2,true', 'b,1,2,true,DE,x'], ['ROW_MALFORMED', 'ROW_MALFORMED']],
    ['quotes', ['a,1,2,true,"D"E', '"b"x,1,2,true,DE', 'c,1,2,true,"DE'], ['ROW_MALFORMED', 'ROW_MALFORMED', 'ROW_MALFORMED']],
    ['no key', [',1,2,true,DE'], ['KEY_MISSING:id']],
  ])('%s in CSV', async (name, bad, codes) => {
    const from = `${name.replaceAll(' ', '-')}.csv`
    await workspace.file(from, `${header}${goodRow}${bad.join('\n')}\n`)
    expect(await putAside({ from })).toEqual(codes.map((code, i) => [i + 2, code]))
  })

  it('Latin-1 in CSV', async () => {
    await workspace.file('latin1.csv', Buffer.from(`${header}a,1,2,true,D\u00e9\n${goodRow}`, 'latin1'))
    expect(await putAside({ from: 'latin1.csv' })).toEqual([[1, 'INVALID_UTF8']])
  })

  it('JSON lines of other shapes', async () => {
    const ok = '{"id":"ok","amount":1,"count":2,"member":true,"country":"DE"}'
    const bad = [
      '{"id":"a"',
      '[1,2]',
      '7',
      ok.replace('1,', '"1",').replace('ok', 'b'),
      ok.replace('true', 'null').replace('ok', 'c'),
      `${ok}${ok}`,
    ]
    await workspace.file('shapes.jsonl', `${[ok, ...bad].join('\n')}\n`)
    const found = await putAside({ from: 'shapes.jsonl' })
    expect(found.map(([number]) => number)).toEqual([2, 3, 4, 5, 6, 7])
    expect(found.slice(3, 5).map(([, codes]) => codes)).toEqual(['INPUT_TYPE:amount', 'INPUT_MISSING:member'])
  })

  it('nulls in Parquet', async () => {
    expect(await putAside({ from: 'nulls.parquet' })).toEqual([[2, 'INPUT_MISSING:amount']])
  })

  it.each([
    ['sqlite:keys.sqlite', { table: 'scores' }],
    ['stored', {}],
  ])('keys that repeat, of which the first stays: %s', async (to, flags) => {
    await workspace.file('keys.csv', `${header}a,1,2,true,DE\na,1,3,true,DE\nb,1,4,true,DE\na,1,5,true,DE\n`)
    const { code, report } = await run({ from: 'keys.csv', to, ...flags })
    expect(code).toBe(0)
    expect(report.counts).toMatchObject({ read: 4, written: 2, bad: 2 })
    expect((await quarantined(report)).map(([number, codes]) => [number, codes.split(':')[0]])).toEqual([
      [2, 'KEY_DUPLICATE'],
      [4, 'KEY_DUPLICATE'],
    ])
  })
})

/** The command with no file larger than so many KiB, as on a disk that is full: writes fail with EFBIG. */
function runWithSmallFiles(flags: Flags, kib: number): Promise<CommandResult> {
  const all = [main, 'batch', 'run', ...flagsOf({ model: 'many', key: 'id', ...flags }), '--json', '--quiet', '--state', workspace.state]
  const script = `trap '' XFSZ; ulimit -f ${kib}; exec "$@"`
  return new Promise((resolve) => {
    const child = spawn('bash', ['-c', script, 'bash', process.execPath, ...all], {
      cwd: workspace.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))
  })
}

describe('an output that cannot be written', () => {
  const full: readonly (readonly [string, Flags])[] = [
    ['full.csv', {}],
    ['full.jsonl', {}],
    ['full.parquet', {}],
    ['full/', { 'to-format': 'csv' }],
    ['sqlite:full.sqlite', { table: 'scores' }],
    // Its gate holds it against the set of keys above.
    ['stored', { 'no-flip': true }],
  ]

  it.each(full)(
    'for want of space is not there, and the same command goes on when there is some: %s',
    { timeout: 60_000 },
    async (to, rest) => {
      const flags = { from: 'big.csv', to, 'partition-rows': '10000', workers: '1', ...rest }
      const small = await runWithSmallFiles(flags, 64)
      expect(seemsADefect(small)).toBe(false)
      expect(small.code).toBe(6)
      const report = JSON.parse(small.stdout) as BatchReport
      expect(report).toMatchObject({ state: 'failed', output: null, error: { code: 'SINK_FAILED' } })
      expect(existsSync(at(to.replace('sqlite:', '')))).toBe(to.startsWith('sqlite:'))
      const whole = await run(flags)
      expect(whole).toMatchObject({ code: 0, report: { run: report.run, state: 'completed', output: { rows: 20_000 } } })
    },
  )

  it('for want of space for the text of a compressed source', async () => {
    await workspace.file('big.csv.gz', gzipSync(manyRows))
    const small = await runWithSmallFiles({ from: 'big.csv.gz', to: 'expanded.jsonl' }, 128)
    expect(seemsADefect(small)).toBe(false)
    expect(small.code).toBe(6)
    expect(JSON.parse(small.stdout)).toMatchObject({ error: { code: 'SINK_FAILED' } })
    await expectNothing('expanded.jsonl')
    expect((await run({ from: 'big.csv.gz', to: 'expanded.jsonl' })).report).toMatchObject({ counts: { written: 20_000 } })
  })

  it.each(['good.csv/out.jsonl', 'good.csv/out.parquet', 'good.csv/parts/', 'sqlite:good.csv'])(
    'under a file, or into one that is no database, is refused: %s',
    async (to) => {
      const result = await run({ from: 'good.csv', to, table: to.startsWith('sqlite:') ? 'scores' : undefined })
      expect(seemsADefect(result)).toBe(false)
      expect(result).toMatchObject({ code: 6, report: { error: { code: 'SINK_FAILED' } } })
      expect(await readFile(at('good.csv'), 'utf8')).toBe(header + goodRow)
    },
  )
})
