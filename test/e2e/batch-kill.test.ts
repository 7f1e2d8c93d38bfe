import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const rows = 6_000
let workspace: Workspace

/** One row in 100 is broken, and keys of the rest come in no order. */
function table(): string {
  const lines = ['key,text']
  for (let i = 0; i < rows; i++)
    lines.push(i % 100 === 7 ? `k${i}` : `k${(i * 7919) % rows},"it is ${i % 3 === 0 ? 'good' : 'bad'}, number ${i}"`)
  return `${lines.join('\n')}\n`
}

beforeAll(async () => {
  workspace = await openWorkspace()
  await workspace.json('models', 'add', fileURLToPath(new URL('../../examples/reviews', import.meta.url)))
  await workspace.file('in.csv', table())
})
afterAll(() => workspace.remove())

interface Ended {
  /** False when the process was killed first. */
  readonly ended: boolean
  readonly stdout: string
  readonly stderr: string
}

/** The command, killed after `ms`. Resolves when the process and its workers are gone. */
function killedAfter(args: readonly string[], ms: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(process.execPath, [main, ...args, '--state', workspace.state], {
      cwd: workspace.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const timer = setTimeout(() => child.kill('SIGKILL'), ms)
    // Workers share the pipe of standard error: it closes when the last of them is gone.
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ ended: code !== null, stdout, stderr })
    })
  })
}

/** Starts the command again and again, killed at random moments, until it ends. */
async function untilDone(args: readonly string[], mostKills: number): Promise<{ readonly kills: number; readonly report: Report }> {
  for (let kills = 0; ; kills++) {
    const ms = kills >= mostKills ? 120_000 : 300 + Math.random() * 1_500
    const { ended, stdout, stderr } = await killedAfter([...args, '--json', '--quiet'], ms)
    if (!ended) continue
    const report = JSON.parse(stdout || '{}') as Report
    if (report.state !== 'completed') throw new Error(`the run failed: ${stdout}${stderr}`)
    return { kills, report }
  }
}

interface Report {
  readonly run: string
  readonly state: string
  readonly counts: { readonly read: number; readonly written: number; readonly bad: number }
  readonly quarantine: string
  readonly stored: { readonly flipped: boolean } | null
}

const batch = (to: string, ...more: readonly string[]): string[] => {
  const flags = { model: 'reviews', from: 'in.csv', key: 'key', to, 'partition-rows': '250', workers: '2' }
  return ['batch', 'run', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]), ...more]
}
const counts = { read: rows, written: rows * 0.99, bad: rows * 0.01 }

function quarantined({ quarantine }: Report): number[] {
  const lines = readFileSync(quarantine, 'utf8').trim().split('\n')
  return lines.map((line) => (JSON.parse(line) as { number: number }).number)
}

const keyOf = (row: Row): string => String(row['key'])
type Row = Record<string, unknown>

/** The rows of an output, whatever it is. */
const outputs: Readonly<Record<string, { readonly flags: readonly string[]; rows(report: Report): Promise<Row[]> }>> = {
  'out.jsonl': { flags: [], rows: async () => jsonLines(readFileSync(at('out.jsonl'), 'utf8')) },
  'parts/': {
    flags: ['--to-format', 'jsonl'],
    rows: async () => {
      const names = readdirSync(at('parts')).filter((name) => !name.startsWith('_'))
      return names.toSorted().flatMap((name) => jsonLines(readFileSync(at(join('parts', name)), 'utf8')))
    },
  },
  'out.parquet': {
    flags: [],
    rows: async () => {
      const { DuckDBInstance } = await import('@duckdb/node-api')
      const connection = await (await DuckDBInstance.create(':memory:')).connect()
      const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet('${at('out.parquet')}')`)
      return reader.getRowObjectsJS() as Row[]
    },
  },
  'sqlite:out.sqlite': {
    flags: ['--table', 'scores', '--overwrite'],
    rows: async () => {
      const database = new Database(at('out.sqlite'))
      const found = database.prepare('SELECT * FROM scores ORDER BY rowid').all() as Row[]
      database.close()
      return found
    },
  },
  stored: {
    flags: [],
    rows: async () => {
      const keys = clean.map(keyOf)
      const found = (await workspace.json('stored', 'get', 'reviews', ...keys.slice(0, 500))) as { answers: { key: string; output: Row }[] }
      return found.answers.map(({ key, output }) => ({ key, ...output }))
    },
  },
}

const at = (name: string): string => join(workspace.folder, name)
const jsonLines = (text: string): Row[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)

let clean: Row[] = []

describe('kill -9 at any point', () => {
  it('is compared with a run that nobody stops', { timeout: 120_000 }, async () => {
    const { report } = await untilDone(batch('clean.jsonl'), 0)
    expect(report.counts).toMatchObject(counts)
    clean = jsonLines(readFileSync(at('clean.jsonl'), 'utf8'))
    expect(clean).toHaveLength(counts.written)
    expect(new Set(clean.map(keyOf)).size).toBe(counts.written)
    expect(quarantined(report)).toEqual(Array.from({ length: rows / 100 }, (_, i) => i * 100 + 8))
  })

  it.each(Object.keys(outputs))('leaves what a clean run leaves in %s, and nothing beside it', { timeout: 400_000 }, async (to) => {
    const output = outputs[to]!
    for (let kills = 0, round = 0; kills < 11; round++) {
      expect(round).toBeLessThan(40)
      if (to !== 'stored') rmSync(at(to.replace('sqlite:', '')), { recursive: true, force: true })
      // A row that no run has had yet: each round is a run of its own.
      const { kills: killed, report } = await untilDone(batch(to, ...output.flags, '--where', `text <> 'round ${to} ${round}'`), 11 - kills)
      kills += killed
      expect(report.counts).toMatchObject(counts)
      expect(quarantined(report)).toHaveLength(counts.bad)
      const found = await output.rows(report)
      const expected = clean.slice(0, found.length)
      expect(found.length).toBe(to === 'stored' ? 500 : counts.written)
      expect(found.map((row) => [row['key'], row['probability']])).toEqual(expected.map((row) => [row['key'], row['probability']]))
      expect(report.stored?.flipped ?? null).toBe(to === 'stored' ? true : null)
      expect(readdirSync(workspace.folder).filter((name) => name.startsWith('.'))).toEqual([])
    }
  })
})
