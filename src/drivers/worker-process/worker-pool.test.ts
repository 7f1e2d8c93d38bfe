import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { loopModel, countingModel } from '../../../test/fixtures/models.js'
import type { Column, Frame } from '../../core/frame.js'
import { createWorkerPool } from './worker-pool.js'
import type { WorkerPool, WorkerPoolOptions } from './worker-pool.js'

const tsx = ['--import', import.meta.resolve('tsx')]
const loader = new URL('../../../test/fixtures/worker-loader.ts', import.meta.url).href
const pools: WorkerPool[] = []
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-pool-test-'))
  await writeFile(join(directory, 'loop.onnx'), loopModel())
  await writeFile(join(directory, 'count.onnx'), countingModel(3))
})
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
})
afterAll(() => rm(directory, { recursive: true }))

type Change = Partial<WorkerPoolOptions> & { readonly parameters?: Readonly<Record<string, unknown>> }

async function open({ parameters = {}, ...change }: Change = {}): Promise<WorkerPool> {
  const pool = await createWorkerPool({
    entry: new URL('./worker-main.ts', import.meta.url),
    load: { directory, threads: 1, loader, parameters },
    workers: 1,
    spares: 0,
    memoryLimitMb: 1000,
    startTimeoutMs: 20_000,
    closeTimeoutMs: 2000,
    execArgv: tsx,
    ...change,
  })
  pools.push(pool)
  return pool
}

function column(data: Column['data'], change: Partial<Column> = {}): Column {
  const dtype = data instanceof Float32Array ? 'float32' : 'string'
  return { dtype, shape: [], validity: null, data, ...change }
}

function command(text: string): Frame {
  return { length: 1, columns: { command: column([text]) } }
}

async function where(pool: WorkerPool): Promise<Record<string, string>> {
  const { frame } = await pool.execute(command('where'), {})
  return Object.fromEntries(Object.entries(frame.columns).map(([name, { data }]) => [name, String(data[0])]))
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a pool of model workers', () => {
  it('carries every kind of column there and back', async () => {
    const columns: Record<string, Column> = Object.create(null) as Record<string, Column>
    columns['__proto__'] = column(['a', 'naïve 🙂', ''])
    columns['f'] = column(Float32Array.of(1.5, Number.NaN, -0), { validity: Uint8Array.of(1, 0, 1) })
    columns['i'] = column(BigInt64Array.of(2n ** 62n, -1n, 0n), { dtype: 'int64' })
    columns['u'] = column(Uint8Array.of(1, 2, 3, 4, 5, 6), { dtype: 'uint8', shape: [2] })
    columns['d'] = column(Float64Array.of(0.1, 0.2, 0.3), { dtype: 'float64' })
    columns['o'] = column([{ a: [1] }, null, new Date(5)], { dtype: 'object' })
    const sent: Frame = { length: 3, columns }
    const pool = await open()
    const { frame, timings } = await pool.execute(sent, {})
    expect(frame.length).toBe(3)
    expect(Object.entries(frame.columns)).toEqual(Object.entries(sent.columns))
    expect(Object.getPrototypeOf(frame.columns)).toBe(null)
    expect(timings).toEqual({ preprocessMs: 1, runMs: 2, postprocessMs: 3 })
    expect(pool.info).toEqual({ directory, threads: 1 })
  })

  it('sends the window of a view and not the buffer behind it', async () => {
    const whole = new Float32Array(4_000_000)
    const pool = await open()
    const columns = { command: column(['buffers']), x: column(whole.subarray(1000, 1010)) }
    const { frame } = await pool.execute({ length: 1, columns }, {})
    expect(Number(frame.columns['bytes']?.data[0])).toBeLessThan(10_000)
  })

  it('runs in another process, in an empty private folder that is gone afterwards, without the environment of the gateway', async () => {
    const pool = await open({ env: { TMPDIR: tmpdir() } })
    const { pid, cwd, files, mode, env } = await where(pool)
    expect(Number(pid)).not.toBe(process.pid)
    expect({ files, mode }).toEqual({ files: '0', mode: String(0o700) })
    expect(
      env
        ?.split(',')
        .filter((name) => !['HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'LD_LIBRARY_PATH', 'ORT_DISABLE_TELEMETRY'].includes(name)),
    ).toEqual([])
    await pool.close()
    expect(existsSync(cwd ?? '')).toBe(false)
  })

  it('runs as many frames at once as it has workers', async () => {
    const pool = await open({ workers: 2 })
    const answers = await Promise.all([where(pool), where(pool), where(pool), where(pool)])
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2)
  })

  it('passes on the error of the executor and keeps its process', async () => {
    const pool = await open()
    const before = pool.pids()
    await expect(pool.execute(command('fail'), {})).rejects.toMatchObject({ code: 'RUN_FAILED', message: 'it was told to fail' })
    await expect(pool.execute(command('echo'), {})).resolves.toBeDefined()
    expect(pool.pids()).toEqual(before)
  })

  it('refuses a value that cannot be cloned and goes on', async () => {
    const pool = await open()
    const frame = { length: 1, columns: { f: column([() => 1], { dtype: 'object' }) } }
    await expect(pool.execute(frame, {})).rejects.toMatchObject({ code: 'RUN_FAILED' })
    await expect(pool.execute(command('echo'), {})).resolves.toBeDefined()
  })

  it('answers WORKER_LOST when the process dies, and the next call by a new process', async () => {
    const pool = await open()
    const [before] = pool.pids()
    await expect(pool.execute(command('crash'), {})).rejects.toMatchObject({ code: 'WORKER_LOST' })
    expect(Number((await where(pool)).pid)).not.toBe(before)
  })

  it('does not disturb the other workers when one dies', async () => {
    const pool = await open({ workers: 2 })
    const [crashed, ...others] = await Promise.allSettled([pool.execute(command('crash'), {}), where(pool), where(pool), where(pool)])
    expect(crashed.status).toBe('rejected')
    expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
  })

  it('rejects with the error of the loader and leaves no process behind', async () => {
    const started: number[] = []
    const opening = open({ parameters: { start: 'refuse' }, observer: { started: () => started.push(1), exited: () => started.pop() } })
    await expect(opening).rejects.toMatchObject({ code: 'INTEGRITY', message: 'blob 7 is damaged', cause: { message: 'digest differs' } })
    expect(started).toEqual([])
  })

  it('rejects when the process dies while it loads, or takes too long', async () => {
    await expect(open({ parameters: { start: 'crash' } })).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await expect(open({ parameters: { start: 'hang' }, startTimeoutMs: 300 })).rejects.toMatchObject({ code: 'WORKER_LOST' })
  })

  it('refuses at once while its processes die again and again, and recovers', async () => {
    const pool = await open({ backOff: { firstMs: 300, maxMs: 300, limit: 3 } })
    for (let i = 0; i < 3; i++) await expect(pool.execute(command('crash'), {})).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await expect(pool.execute(command('echo'), {})).rejects.toMatchObject({ code: 'NOT_READY' })
    await vi.waitFor(() => pool.execute(command('echo'), {}), { timeout: 10_000 })
  })

  it('ends a process that takes more memory than it may', async () => {
    const exits: string[] = []
    const observer = { started: () => {}, exited: (reason: string) => exits.push(reason) }
    const pool = await open({ memoryLimitMb: 300, memoryCheckMs: 20, observer })
    expect(pool.residentBytes()).toBeLessThan(300 * 1_048_576)
    await Promise.allSettled([pool.execute(command('grow'), {})])
    await vi.waitFor(() => expect(exits).toEqual(['memory']), { timeout: 5000 })
    await expect(pool.execute(command('echo'), {})).resolves.toBeDefined()
  })

  it('hands on what the process prints, cut to a line of bounded length', async () => {
    const lines: string[] = []
    const log = (level: string) => (_: object, message: string) => lines.push(`${level} ${message}`)
    const pool = await open({ logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') } })
    await pool.execute(command('print'), {})
    await vi.waitFor(() => expect(lines).toHaveLength(2))
    expect(lines.toSorted()[0]).toBe('debug said on stdout')
    expect(lines.toSorted()[1]).toMatch(/^warn said on stderr x+$/)
    expect(lines.toSorted()[1]?.length).toBe(1005)
  })

  it('finishes what runs before it closes, and refuses what comes after', async () => {
    const pool = await open()
    const running = pool.execute(command('echo'), {})
    const closing = pool.close()
    await expect(pool.execute(command('echo'), {})).rejects.toMatchObject({ code: 'NOT_READY' })
    await expect(running).resolves.toBeDefined()
    await closing
    expect(pool.pids()).toEqual([])
  })

  it('kills what does not finish while it closes', async () => {
    const pool = await open({ closeTimeoutMs: 100 })
    const pids = pool.pids()
    const running = Promise.allSettled([pool.execute(command('spin'), {})])
    await pool.close()
    expect(await running).toMatchObject([{ reason: { code: 'WORKER_LOST' } }])
    expect(pids.filter(alive)).toEqual([])
  })
})

describe('a model that hangs', () => {
  const x = { length: 1, columns: { x: column(Float32Array.of(1)) } }

  it('is abandoned as soon as the signal says so, and a spare takes over at once', async () => {
    const pool = await open({ spares: 1, parameters: { graph: 'loop.onnx' } })
    await vi.waitFor(() => expect(pool.pids()).toHaveLength(2))
    const before = pool.pids()
    const controller = new AbortController()
    const running = pool.execute(x, { signal: controller.signal })
    const aborted = new Promise<number>((resolve) => {
      setTimeout(() => {
        resolve(performance.now())
        controller.abort()
      }, 50)
    })
    await expect(running).rejects.toMatchObject({ code: 'DEADLINE' })
    expect(performance.now() - (await aborted)).toBeLessThan(20)
    await vi.waitFor(() => expect(before.filter(alive)).toHaveLength(1))
    await vi.waitFor(() => expect(pool.pids()).toHaveLength(2))
  })

  it('leaves the next call to the spare, which has everything loaded already', async () => {
    const pool = await open({ spares: 1 })
    const [first] = pool.pids()
    await vi.waitFor(() => expect(pool.pids()).toHaveLength(2))
    const before = pool.pids()
    const spare = before.find((pid) => pid !== first)
    await vi.waitFor(async () => expect(Number((await where(pool)).pid)).toBe(spare), { timeout: 5000 })
    await expect(pool.execute(command('spin'), { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'DEADLINE' })
    expect(Number((await where(pool)).pid)).toBe(first)
  })

  it('leaves the next call waiting until a new worker is up when there is no spare', async () => {
    const pool = await open()
    const signal = AbortSignal.timeout(50)
    await expect(pool.execute(command('spin'), { signal })).rejects.toMatchObject({ code: 'DEADLINE' })
    await expect(pool.execute(command('echo'), { signal: AbortSignal.timeout(1) })).rejects.toMatchObject({ code: 'DEADLINE' })
    await expect(pool.execute(command('echo'), { signal: AbortSignal.timeout(10_000) })).resolves.toBeDefined()
  })

  it('is a real graph that gives numbers when it ends', async () => {
    const pool = await open({ parameters: { graph: 'count.onnx' } })
    const { frame } = await pool.execute(x, {})
    expect(frame.columns['y']?.data).toEqual(Float32Array.of(4))
  })

  it.skipIf(process.platform !== 'linux')('leaves no trace of the telemetry of its engine', async () => {
    const pool = await open({ parameters: { graph: 'count.onnx' } })
    await pool.execute(x, {})
    const folder = await readlink(`/proc/${pool.pids()[0]}/cwd`)
    expect((await readdir(folder)).filter((name) => !name.startsWith('tsx-'))).toEqual([])
  })

  it('ends with the gateway even when the gateway is killed', async () => {
    const script = new URL('../../../test/fixtures/worker-parent.ts', import.meta.url)
    const parent = spawn(process.execPath, [...tsx, script.pathname, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await new Promise<string[]>((resolve) => {
      createInterface(parent.stdout).once('line', (text) => resolve([text]))
    })
    const pids = JSON.parse(line ?? '[]') as number[]
    expect(pids.filter(alive)).toHaveLength(2)
    const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
    parent.kill('SIGKILL')
    await vi.waitFor(() => expect(pids.filter(alive)).toEqual([]), { timeout: 5000 })
    expect(folders.filter((folder) => existsSync(folder))).toEqual([])
  })
})
