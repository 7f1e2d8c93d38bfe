import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duckdbRows, parquetRows } from '../support/duckdb.js'
import { send } from '../support/http.js'
import { slipway } from '../support/slipway.js'
import { readArrow, writeArrow } from './arrow-table.js'
import type { DescribedModel, Row, TensorSpec } from './models.js'
import { type Answers, hasOnlyScalars, linesOf, ok, type Places, type Surface } from './surfaces.js'

/** The ways to score a table: files by `slipway batch run`, streams by `slipway score`, and what was stored before by its key. */
export const tableSurfaces: readonly Surface[] = [
  { name: 'slipway batch run, JSON lines', takes: 'several', ask: batch('in.jsonl', writeJsonLines, 'out.jsonl', readJsonLines) },
  { name: 'slipway batch run, CSV', takes: 'several', fits: hasOnlyScalars, ask: batch('in.csv', writeCsv, 'out.jsonl', readJsonLines) },
  { name: 'slipway batch run, Parquet', takes: 'several', ask: batch('in.parquet', writeParquet, 'out.parquet', parquetRows) },
  { name: 'slipway batch run --to stored', takes: 'several', ask: askStored },
  { name: 'slipway score, JSON lines', takes: 'several', ask: scoreJsonLines },
  { name: 'slipway score, Arrow', takes: 'several', ask: scoreArrow },
]

type Write = (path: string, rows: readonly Row[], model: DescribedModel) => Promise<void>
type Read = (path: string) => Promise<readonly Row[]>

function batch(input: string, write: Write, output: string, read: Read): Surface['ask'] {
  return (model, rows, { state }) =>
    inFolder(async (folder) => {
      const [from, to] = [join(folder, input), join(folder, output)]
      await write(from, rows, model)
      await command(['batch', 'run', '--model', model.name, '--from', from, '--to', to, '--quiet', '--state', state])
      return answersOf(await read(to))
    })
}

/** By one lookup a key and by one of all keys, which must agree. */
function askStored(model: DescribedModel, rows: readonly Row[], { state, url }: Places): Promise<Answers> {
  return inFolder(async (folder) => {
    const from = join(folder, 'in.jsonl')
    const keys = rows.map((_, at) => `row ${at}/é`)
    await writeJsonLines(
      from,
      rows.map((row, at) => ({ slipwayKey: keys[at], ...row })),
    )
    const flags = ['--model', model.name, '--from', from, '--to', 'stored', '--key', 'slipwayKey', '--quiet']
    await command(['batch', 'run', ...flags, '--state', state])
    const path = `${url}/models/${model.name}/stored`
    const { answers } = ok(await send(path, { body: { keys } })).json() as { answers: StoredAnswer[] }
    for (const [at, key] of keys.entries()) {
      const alone = ok(await send(`${path}/${encodeURIComponent(key)}`)).json() as StoredAnswer
      if (JSON.stringify(alone.output) !== JSON.stringify(answers[at]?.output)) throw new Error(`${key} is answered in two ways`)
    }
    return { rows: answers.map(({ output }) => output), sources: answers.map(({ scoredBy }) => scoredBy) }
  })
}

interface StoredAnswer {
  readonly output: Row
  readonly scoredBy: string
}

async function scoreJsonLines({ name }: DescribedModel, rows: readonly Row[], { state }: Places): Promise<Answers> {
  return answersOf(parsed(await command(['score', '--model', name, '--format', 'jsonl', '--state', state], linesOf(rows))))
}

async function scoreArrow(model: DescribedModel, rows: readonly Row[], { state }: Places): Promise<Answers> {
  return answersOf(await readArrow(await writeArrow(model, rows), ['score', '--model', model.name, '--format', 'arrow', '--state', state]))
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'parity-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function command(args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await slipway(args, { input })
  if (code !== 0) throw new Error(`slipway ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return stdout
}

function writeJsonLines(path: string, rows: readonly Row[]): Promise<void> {
  return writeFile(path, linesOf(rows))
}

async function readJsonLines(path: string): Promise<readonly Row[]> {
  return parsed(await readFile(path, 'utf8'))
}

function writeCsv(path: string, rows: readonly Row[], { inputs }: DescribedModel): Promise<void> {
  const cell = (value: unknown): string => (value == null ? '' : `"${`${value as string | number | boolean}`.replaceAll('"', '""')}"`)
  const lines = [inputs.map(({ name }) => name), ...rows.map((row) => inputs.map(({ name }) => row[name]))]
  return writeFile(path, lines.map((line) => `${line.map(cell).join(',')}\r\n`).join(''))
}

const types: Readonly<Record<string, string>> = {
  FP64: 'DOUBLE',
  FP32: 'FLOAT',
  INT64: 'BIGINT',
  INT32: 'INTEGER',
  UINT8: 'UTINYINT',
  BOOL: 'BOOLEAN',
  BYTES: 'VARCHAR',
}

/** Columns of the types that the metadata names, tensors as nested lists; DuckDB reads the rows from JSON. */
async function writeParquet(path: string, rows: readonly Row[], { inputs }: DescribedModel): Promise<void> {
  await writeJsonLines(`${path}.jsonl`, rows)
  const columns = inputs.map((spec) => `'${spec.name}': '${types[spec.datatype]!}${'[]'.repeat(depthOf(spec, rows))}'`)
  const read = `read_json('${path}.jsonl', format = 'newline_delimited', columns = {${columns.join(', ')}})`
  await duckdbRows(`COPY (SELECT * FROM ${read}) TO '${path}' (FORMAT parquet)`)
}

function depthOf({ name }: TensorSpec, rows: readonly Row[]): number {
  let depth = 0
  for (let value = rows.find((row) => row[name] != null)?.[name]; Array.isArray(value); value = value[0]) depth++
  return depth
}

function answersOf(rows: readonly Row[]): Answers {
  return { rows, sources: rows.map((row) => (typeof row['_source'] === 'string' ? row['_source'] : '(not told)')) }
}

function parsed(text: string): Row[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}
