import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identityModel, slowModel } from '../fixtures/models.js'
import { processesIn } from '../support/processes.js'
import { type CommandResult, slipway } from '../support/slipway.js'
import { until, within } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

let workspace: Workspace
let children: ChildProcess[]

beforeEach(async () => {
  workspace = await openWorkspace()
  children = []
  await workspace.json('models', 'add', await workspace.file('same.onnx', identityModel('float32', ['N', 1])))
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await workspace.remove()
})

/** A configuration of one batch; `schedule` is TypeScript. */
function configure(schedule: string, model = 'same'): Promise<string> {
  const batch = `{ nightly: { model: '${model}', partitionRows: 50, from: 'in/{date}.csv', to: 'out/{date}.csv', key: 'id', schedule: ${schedule} } }`
  return workspace.file('slipway.config.ts', `import { defineConfig } from 'slipway'\nexport default defineConfig({ batch: ${batch} })\n`)
}

async function inputs(...days: readonly string[]): Promise<void> {
  for (const day of days) await workspace.file(`in/${day}.csv`, 'id,x\na,1.5\nb,2.5\n')
}

const outputs = (): Promise<string[]> =>
  readdir(join(workspace.folder, 'out')).then((names) => names.filter((name) => !name.startsWith('.')).toSorted())
const batch = (...args: readonly string[]): Promise<CommandResult> => workspace.run('batch', ...args)
/** Two o'clock in Berlin, in winter. */
const nightly = `{ cron: '0 2 * * *', timeZone: 'Europe/Berlin' }`
const january = ['--from', '2026-01-01', '--to', '2026-01-03']

describe('slipway batch backfill', () => {
  it('says what would run, and why the rest would not', async () => {
    await configure(nightly)
    const { code, stdout } = await batch('backfill', 'nightly', ...january, '--dry-run')
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^TIME +EARLIER +ACTION +REASON$/),
      expect.stringMatching(/^2026-01-01T01:00:00\.000Z +run +never run$/),
    ])
    await expect(outputs()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('runs each day, goes on when one fails, and runs that one later', async () => {
    await configure(nightly)
    await inputs('2026-01-01', '2026-01-03')
    const first = await batch('backfill', 'nightly', ...january)
    expect({ code: first.code, summary: first.stdout.trim().split('\n').at(-1) }).toEqual({
      code: expect.any(Number) as number,
      summary: '2 of 3 completed, 0 left out',
    })
    expect(first.code).not.toBe(0)
    expect(await outputs()).toEqual(['2026-01-01.csv', '2026-01-03.csv'])
    expect(await readFile(join(workspace.folder, 'out/2026-01-01.csv'), 'utf8')).toMatch(/^id,y,_source,_codes,_model\na,1\.5,model,/)

    await inputs('2026-01-02')
    const again = (await workspace.json('batch', 'backfill', 'nightly', ...january, '--reprocess', 'failed')) as Backfill
    expect(again.times.map(({ logicalTime, state }) => [logicalTime.slice(0, 10), state])).toEqual([['2026-01-02', 'completed']])
    expect(again.skipped).toHaveLength(2)
    expect(await outputs()).toEqual(['2026-01-01.csv', '2026-01-02.csv', '2026-01-03.csv'])

    const none = (await workspace.json('batch', 'backfill', 'nightly', ...january)) as Backfill
    expect(none.times).toEqual([])
    const all = (await workspace.json(
      'batch',
      'backfill',
      'nightly',
      ...january,
      '--reprocess',
      'completed',
      '--reverse',
      '--max-active',
      '2',
    )) as Backfill
    expect(all.times.map(({ logicalTime }) => logicalTime.slice(8, 10))).toEqual(['03', '02', '01'])
    expect(all.times.every(({ state }) => state === 'completed')).toBe(true)
  })

  it('refuses a batch that is not there, a range that is none, and a mode that does not exist', async () => {
    await configure(nightly)
    expect((await batch('backfill', 'weekly', ...january)).code).toBe(4)
    expect((await batch('backfill', 'nightly', '--from', '2026-01-03', '--to', '2026-01-01')).code).toBe(2)
    expect((await batch('backfill', 'nightly', ...january, '--reprocess', 'some')).code).toBe(2)
  })
})

interface Backfill {
  readonly times: readonly { readonly logicalTime: string; readonly state: string }[]
  readonly skipped: readonly unknown[]
}

interface Listed {
  readonly schedules: readonly {
    readonly next: string
    readonly lastCompleted: string | null
    readonly running: string | null
    readonly counts: object | null
  }[]
}

const listed = async (): Promise<Listed['schedules'][number]> =>
  ((await workspace.json('batch', 'schedule', '--list')) as Listed).schedules[0]!

describe('slipway batch schedule', () => {
  it('lists the schedules with their next times', async () => {
    await configure(nightly)
    const entry = await listed()
    expect(Date.parse(entry.next)).toBeGreaterThan(Date.now())
    expect(entry).toMatchObject({ lastCompleted: null, counts: null })
    expect((await batch('schedule', '--list')).stdout).toMatch(/^BATCH +CRON +ZONE +NEXT.*\nnightly +0 2 \* \* \* +Europe\/Berlin/)
  })

  it('runs what is due once, and nothing the second time', async () => {
    await configure(`{ cron: '0 2 * * *', catchUp: 'all', startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-03T00:00:00Z' }`)
    await inputs('2026-01-01', '2026-01-02')
    const first = await batch('schedule', '--once', '--log-level', 'warn')
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(await outputs()).toEqual(['2026-01-01.csv', '2026-01-02.csv'])
    expect(await listed()).toMatchObject({ next: null, lastCompleted: '2026-01-02T02:00:00.000Z', counts: { started: 2, completed: 2 } })
    expect((await batch('schedule', '--once')).code).toBe(0)
    expect(await listed()).toMatchObject({ counts: { started: 2 } })
  })

  it('ends with the exit code of the run that failed', async () => {
    await configure(`{ cron: '0 2 * * *', catchUp: 'all', startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-03T00:00:00Z' }`)
    await inputs('2026-01-02')
    const { code, stderr } = await batch('schedule', '--once')
    expect(code).not.toBe(0)
    expect(stderr).toContain('nightly: the run for 2026-01-01T02:00:00.000Z failed')
    expect(await outputs()).toEqual(['2026-01-02.csv'])
  })

  it('runs until a signal comes, keeps others out, and is taken over after a kill', async () => {
    await configure(nightly)
    const first = startSchedule()
    await until('it says what it runs', () => first.printed().includes('nightly'))
    const second = await batch('schedule', '--json')
    expect(second.code).toBe(6)
    expect(JSON.parse(second.stdout)).toMatchObject({ error: { code: 'RUN_ACTIVE' } })
    first.child.kill('SIGKILL')
    await within('it is gone', first.exited)
    const third = startSchedule()
    await until('it says what it runs', () => third.printed().includes('nightly'))
    third.child.kill('SIGTERM')
    expect(await within('it ends', third.exited)).toBe(0)
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'goes on after %s with the run that was under way, and writes each row once',
    async (signal) => {
      await workspace.json('models', 'add', await workspace.file('slow.onnx', slowModel({ ms: 50 })))
      const rows = Array.from({ length: 1000 }, (_, index) => `row-${String(index).padStart(4, '0')},${index}`)
      await workspace.file('in/2026-01-01.csv', `id,x\n${rows.join('\n')}\n`)
      await configure(`{ cron: '0 2 * * *', startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-01T03:00:00Z' }`, 'slow')
      const first = startSchedule()
      await until('a part of the run is done', async () => (await parts()) > 0)
      first.child.kill(signal)
      expect(await within('it ends', first.exited)).toBe(signal === 'SIGTERM' ? 0 : -1)
      await until('its processes are gone', () => processesIn(workspace.folder).length === 0)
      expect(await listed()).toMatchObject({ running: '2026-01-01T02:00:00.000Z', lastCompleted: null, counts: { started: 1 } })
      expect(await outputs().catch(() => [])).toEqual([])

      expect((await batch('schedule', '--once')).code).toBe(0)
      expect(await listed()).toMatchObject({
        running: null,
        lastCompleted: '2026-01-01T02:00:00.000Z',
        counts: { started: 1, completed: 1 },
      })
      const written = (await readFile(join(workspace.folder, 'out/2026-01-01.csv'), 'utf8')).trim().split('\n').slice(1)
      expect(written.map((row) => row.slice(0, 8))).toEqual(rows.map((row) => row.slice(0, 8)))
      const [run] = ((await workspace.json('batch', 'list')) as { readonly runs: readonly { readonly run: string }[] }).runs
      const report = (await workspace.json('batch', 'show', run!.run)) as { readonly resumedPartitions: number }
      expect(report.resumedPartitions).toBeGreaterThan(0)
    },
    120_000,
  )

  it('refuses to start without a configuration, and one that is wrong', async () => {
    expect((await slipway(['batch', 'schedule'], { cwd: workspace.folder })).code).toBe(2)
    await configure(`{ cron: '0 25 * * *' }`)
    const { code, stderr } = await batch('schedule')
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^slipway: slipway\.config\.ts: batch\.nightly\.schedule\.cron: expected five fields .+ received '0 25 \* \* \*': .+\n {2}CONFIG_INVALID/,
    )
  })
})

/** Partitions that are committed, of outputs that cannot be seen yet. */
async function parts(): Promise<number> {
  const names = await readdir(join(workspace.folder, 'out'), { recursive: true }).catch(() => [])
  return names.filter((name) => /\/records\/\d+\.json$/.test(name)).length
}

function startSchedule(): { readonly child: ChildProcess; readonly exited: Promise<number>; printed(): string } {
  const child = spawn(process.execPath, [main, 'batch', 'schedule', '--state', workspace.state], {
    cwd: workspace.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  return { child, exited, printed: () => text }
}
