import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from './processes.js'

export interface PinnedCommand {
  readonly core: number
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** What the benchmark started or made; all of it is gone after `close`, also when a signal ends the benchmark. */
export class Belongings {
  readonly #removals: (() => unknown)[] = []

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void this.close().finally(() => process.exit(1)))
  }

  /** Has `remove` called by `close`; what was kept last goes first. */
  keep(remove: () => unknown): void {
    this.#removals.push(remove)
  }

  async close(): Promise<void> {
    for (let remove = this.#removals.pop(); remove !== undefined; remove = this.#removals.pop()) {
      try {
        await remove()
      } catch (error) {
        process.stderr.write(`left behind: ${String(error)}\n`)
      }
    }
  }

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-stored-'))
    this.keep(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }

  /** Starts a server on its core and waits, 60 s at most, until `readyUrl` answers 200. */
  async serve(command: PinnedCommand, readyUrl: string): Promise<void> {
    const child = this.#spawn(command, 'ignore')
    const errors = textOf(child, 'stderr')
    await waitFor(async () => {
      if (child.exitCode !== null) throw new Error(`${command.command} ended with ${child.exitCode}: ${errors()}`)
      return fetch(readyUrl, { signal: AbortSignal.timeout(2_000) }).then(
        ({ ok }) => ok,
        () => false,
      )
    }, 60_000)
  }

  /** Runs a program on its core; resolves to what it printed. Rejects when it fails or takes longer than `limitMs`. */
  async run(command: PinnedCommand, limitMs: number): Promise<string> {
    const child = this.#spawn(command, 'pipe')
    const [output, errors] = [textOf(child, 'stdout'), textOf(child, 'stderr')]
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    clearTimeout(timer)
    if (code === 0) return output()
    throw new Error(`${command.command} ${command.args.join(' ')} ended with ${code ?? signal} (limit ${limitMs} ms): ${errors()}`)
  }

  #spawn({ core, command, args, cwd, env }: PinnedCommand, stdout: 'ignore' | 'pipe'): ChildProcess {
    const child = spawn('taskset', ['-c', String(core), command, ...args], {
      cwd,
      env: { ...process.env, ...env, OMP_NUM_THREADS: '1' },
      stdio: ['ignore', stdout, 'pipe'],
    })
    this.keep(() => stop(child))
    return child
  }
}

/** Does `work` with this process, and so with all that it starts meanwhile, on one core. */
export async function onCore<T>(core: number, work: () => Promise<T>): Promise<T> {
  const before = /Cpus_allowed_list:\s+(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]!
  pin(String(core))
  try {
    return await work()
  } finally {
    pin(before)
  }
}

function pin(cores: string): void {
  const { status, stderr } = spawnSync('taskset', ['-a', '-p', '-c', cores, String(process.pid)])
  if (status !== 0) throw new Error(`taskset: ${String(stderr)}`)
}

function textOf(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = ''
  child[stream]!.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-100_000)))
  return () => text
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}
