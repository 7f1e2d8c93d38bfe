import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest'
import { identityModel, slowModel } from '../fixtures/models.js'
import { type BatchReport, type EndedRun, type Flags, flagsOf, runBatch } from '../support/batch.js'
import { isRunning, processesIn } from '../support/processes.js'
import { until, within } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
let workspace: Workspace
let children: ChildProcess[] = []

/** Every tenth value is none. */
const table = `id,x\n${Array.from({ length: 60 }, (_, i) => `r${i},${i % 10 === 5 ? 'many' : i / 4}`).join('\n')}\n`
const good = `id,x\n${Array.from({ length: 60 }, (_, i) => `r${i},${i / 4}`).join('\n')}\n`

beforeAll(async () => {
  workspace = await openWorkspace()
  await workspace.json('models', 'add', await workspace.file('same.onnx', identityModel('float32', ['N', 1])))
  await workspace.json('models', 'add', await workspace.file('slow.onnx', slowModel({ ms: 100 })))
  await workspace.file('in.csv', table)
  await workspace.file('good.csv', good)
})
afterEach(() => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  children = []
})
afterAll(() => workspace.remove())

const at = (name: string): string => join(workspace.folder, name)
const run = (flags: Flags): Promise<EndedRun> =>
  runBatch(workspace, { model: 'same', from: 'in.csv', key: 'id', 'partition-rows': '20', ...flags })

/** A run that refused to start: its code, its exit code and what was said. */
async function refused(flags: Flags): Promise<{ readonly code: string; readonly exit: number; readonly message: string }> {
  const { code: exit, report, stderr } = await run(flags)
  expect(stderr).toBe('')
  return { exit, code: report.error!.code, message: report.error!.message }
}

async function lines(name: string): Promise<number> {
  return (await readFile(at(name), 'utf8')).trim().split('\n').length
}

describe('too many bad rows', () => {
  it('are put aside while nobody counts them', async () => {
    const { code, report } = await run({ to: 'aside.jsonl' })
    expect(code).toBe(0)
    expect(report).toMatchObject({
      state: 'completed',
      counts: { read: 60, written: 54, bad: 6 },
      partitions: expect.any(Number) as number,
    })
    expect(report.badCodes).toEqual([{ code: 'INPUT_TYPE:x', rows: 6, example: 'expected a number for `x`, received a string' }])
    const quarantined = (await readFile(report.quarantine!, 'utf8')).trim().split('\n')
    expect(quarantined.map((line) => JSON.parse(line) as unknown)).toEqual(
      [6, 16, 26, 36, 46, 56].map(
        (number) => expect.objectContaining({ file: 'in.csv', number, codes: ['INPUT_TYPE:x'], record: `r${number - 1},many` }) as unknown,
      ),
    )
  })

  it('are in the quarantine of a run that they have ended', async () => {
    const { report } = await run({ to: 'ended.jsonl', workers: '1', 'max-bad-rows': '1' })
    expect(report).toMatchObject({ state: 'aborted', badCodes: [{ code: 'INPUT_TYPE:x', rows: 2 }] })
    expect(await readFile(report.quarantine!, 'utf8')).toContain('r5,many')
  })

  it.each([
    ['max-bad-rows', '5', '1', /^6 rows are bad, 5 are allowed$/],
    ['max-bad-rows', '5', '2', /^6 rows are bad, 5 are allowed$/],
    ['max-bad-fraction', '0.05', '1', /^6 of 60 rows are bad \(10\.00%\), 5% are allowed$/],
  ])('end the run before its output can be seen: --%s %s, workers: %s', async (flag, limit, workers, message) => {
    const to = `${flag}-${workers}.jsonl`
    const { code, report, stderr } = await run({ to, workers, [flag]: limit })
    expect([code, stderr]).toEqual([3, ''])
    expect(report).toMatchObject({ state: 'aborted', output: null })
    expect(report.error).toMatchObject({ code: 'BAD_ROWS', message: expect.stringMatching(message) as string })
    expect(existsSync(at(to))).toBe(false)
    // Allowed more, the same run goes on.
    const more = await run({ to, [flag]: flag === 'max-bad-rows' ? '6' : '0.1' })
    expect(more).toMatchObject({ code: 0, report: { run: report.run, state: 'completed', counts: { written: 54, bad: 6 } } })
    expect(await lines(to)).toBe(54)
  })
})

describe('the same command again', () => {
  it('reports a run that is complete, and does nothing', async () => {
    const first = await run({ to: 'again.jsonl' })
    const second = await run({ to: 'again.jsonl' })
    expect(second).toMatchObject({ code: 0, report: { ...first.report, repeated: true } })
    expect(first.report.repeated).toBe(false)
    const text = await workspace.run(
      'batch',
      'run',
      ...flagsOf({ model: 'same', from: 'in.csv', key: 'id', 'partition-rows': '20' }),
      '--to',
      'again.jsonl',
    )
    expect(text.stdout).toMatch(/^complete already: nothing was done/)
  })

  it('scores again when the output is gone, the source has changed, or --restart is given', { timeout: 60_000 }, async () => {
    await workspace.file('changes.csv', good)
    const flags = { from: 'changes.csv', to: 'changes.jsonl' }
    const first = await run(flags)
    await rm(at('changes.jsonl'))
    const gone = await run(flags)
    expect(gone.report).toMatchObject({ state: 'completed', repeated: false })
    expect(gone.report.run).not.toBe(first.report.run)
    expect(await lines('changes.jsonl')).toBe(60)
    await workspace.file('changes.csv', `${good}r60,15\n`)
    expect((await run(flags)).report).toMatchObject({ repeated: false, counts: { written: 61 } })
    expect(await lines('changes.jsonl')).toBe(61)
    expect((await run({ ...flags, restart: true })).report).toMatchObject({ state: 'completed', repeated: false })
  })

  it.each([
    ['sqlite:gone.sqlite', { table: 'scores' }, 'gone.sqlite'],
    ['stored', { store: 'sqlite:gone-sets.sqlite' }, 'gone-sets.sqlite'],
  ])('scores again when the database is gone: %s', async (to, rest, file) => {
    const flags = { from: 'good.csv', to, ...rest }
    const first = await run(flags)
    expect((await run(flags)).report).toEqual({ ...first.report, repeated: true })
    for (const end of ['', '-wal', '-shm']) await rm(at(file + end), { force: true })
    expect((await run(flags)).report).toMatchObject({ state: 'completed', repeated: false, output: { rows: 60 } })
    expect(existsSync(at(file))).toBe(true)
  })

  it('is refused where an unfinished run differs, with the difference named', { timeout: 60_000 }, async () => {
    const unfinished = { to: 'differs.jsonl', 'max-bad-rows': '0' }
    const { report } = await run(unfinished)
    const to = unfinished.to
    const differs = { exit: 7, code: 'RUN_MISMATCH' }
    expect(await refused({ to, key: undefined, pass: 'id' })).toMatchObject({
      ...differs,
      message: expect.stringMatching(
        new RegExp(`^run ${report.run} of .*: option key: "id" then, not given now; option pass: not given then, \\["id"\\] now$`),
      ) as string,
    })
    expect((await refused({ to, where: 'x > 1' })).message).toContain('option where: not given then, "x > 1" now')
    expect((await refused({ to, 'partition-rows': '30' })).message).toContain('option partitionRows: 20 then, 30 now')
    expect((await refused({ to, from: 'good.csv' })).message).toContain('input good.csv: not given then, ')
    const other = await refused({ to, model: 'slow' })
    expect(other).toMatchObject(differs)
    expect(other.message).toContain('model: same@1 then, slow@1 now')
    const plan = (await workspace.json('batch', 'plan', ...flagsOf({ model: 'slow', from: 'in.csv', to }))) as { state: string }
    expect(plan.state).toBe(`refused: ${report.run} is unfinished and differs`)
    expect(existsSync(at(to))).toBe(false)
    const anew = await run({ to, from: 'good.csv', restart: true })
    expect(anew).toMatchObject({ code: 0, report: { state: 'completed', counts: { written: 60 } } })
    await workspace.run('batch', 'show', report.run).then(({ code }) => expect(code).toBe(4))
  })
})

describe('an output that is there', () => {
  it.each(['theirs.csv', 'theirs.parquet'])('and that no run wrote stays as it is, until --overwrite: %s', async (to) => {
    await workspace.file(to, 'precious')
    expect(await refused({ from: 'good.csv', to })).toMatchObject({ exit: 7, code: 'OUTPUT_EXISTS' })
    expect(await readFile(at(to), 'utf8')).toBe('precious')
    expect(await run({ from: 'good.csv', to, overwrite: true })).toMatchObject({ code: 0, report: { output: { rows: 60 } } })
    expect(await readFile(at(to), 'utf8')).not.toBe('precious')
  })
})

/** A run that takes a while, and everything that it said. */
function start(flags: Flags): { readonly child: ChildProcess; readonly ended: Promise<number>; stdout(): string; stderr(): string } {
  const all = ['batch', 'run', ...flagsOf({ model: 'slow', from: 'good.csv', key: 'id', 'partition-rows': '3', workers: '1', ...flags })]
  const child = spawn(process.execPath, [main, ...all, '--json', '--state', workspace.state], {
    cwd: workspace.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  return { child, ended, stdout: () => stdout, stderr: () => stderr }
}

interface ProgressLine {
  readonly event: string
  readonly phase: string
  readonly written: number
  readonly partitionsDone: number
  readonly run: string
}

function progressOf(stderr: string): ProgressLine[] {
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ProgressLine)
}

async function committed(name: string): Promise<boolean> {
  const names = await readdir(workspace.folder, { recursive: true }).catch(() => [])
  return names.some((path) => path.startsWith(`.${name}`) && /\/records\/\d+\.json$/.test(path))
}

describe('a run under way', () => {
  it.each([
    ['SIGTERM', '1'],
    ['SIGINT', '2'],
  ] as const)(
    'ends in order at %s (workers: %s), keeps others out until then, and is gone on with',
    { timeout: 60_000 },
    async (signal, workers) => {
      const to = `slow-${signal}.jsonl`
      const slow = start({ to, workers })
      await until('a partition is committed', () => committed(to))
      const second = await run({ model: 'slow', from: 'good.csv', to, 'partition-rows': '3' })
      expect(second).toMatchObject({ code: 6, report: { error: { code: 'RUN_ACTIVE' } } })
      slow.child.kill(signal)
      expect(await within('it ends', slow.ended)).toBe(6)
      await until('its workers are gone', () => processesIn(workspace.folder).filter(isRunning).length === 0)
      const report = JSON.parse(slow.stdout()) as BatchReport
      expect(report).toMatchObject({ state: 'interrupted', output: null, error: { code: 'CANCELLED' } })
      expect(report.counts.written).toBeGreaterThan(0)
      expect(report.counts.written).toBeLessThan(60)
      expect(existsSync(at(to))).toBe(false)

      const progress = progressOf(slow.stderr())
      expect(progress.map(({ event }) => event)).toEqual(progress.map(() => 'progress'))
      expect(progress.at(-1)).toMatchObject({ phase: 'scoring', run: report.run })

      expect(await workspace.json('batch', 'show', report.run.slice(0, 6))).toMatchObject({ run: report.run, state: 'interrupted' })
      const resumed = (await workspace.json('batch', 'resume', report.run, '--quiet')) as BatchReport
      expect(resumed).toMatchObject({ run: report.run, state: 'completed', counts: { read: 60, written: 60 }, output: { rows: 60 } })
      expect(resumed.resumedPartitions).toBeGreaterThan(0)
      const ids = (await readFile(at(to), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id)
      expect(ids).toEqual(Array.from({ length: 60 }, (_, i) => `r${i}`))
    },
  )
})

describe('runs that have been', () => {
  it('are listed, newest first, and shown with their page', async () => {
    const { report } = await run({ from: 'good.csv', to: 'shown.jsonl' })
    const { runs } = (await workspace.json('batch', 'list', '--limit', '2')) as { runs: BatchReport[] }
    expect(runs).toHaveLength(2)
    expect(runs[0]).toMatchObject({ run: report.run, state: 'completed' })
    const shown = (await workspace.json('batch', 'show', 'latest')) as BatchReport & { page: string }
    expect(shown).toMatchObject({ run: report.run, counts: { written: 60 } })
    expect(await readFile(shown.page, 'utf8')).toContain(report.run)
    expect((await workspace.run('batch', 'list')).stdout).toMatch(
      new RegExp(`^RUN +NAME +STATE .*\\n${report.run} +completed +same@1 +60 +0 +0 `),
    )
    expect((await workspace.run('batch', 'show', 'latest')).stdout).toContain(`completed: same@1, run ${report.run}`)
  })

  it('and those that have not', async () => {
    for (const verb of ['show', 'resume']) {
      const { code, stdout } = await workspace.run('batch', verb, 'nobody', '--json')
      expect(code).toBe(4)
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'RUN_UNKNOWN' } })
    }
  })
})
