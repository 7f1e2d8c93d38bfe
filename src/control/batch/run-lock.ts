import { readFileSync } from 'node:fs'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import type { StateDir } from '../state-dir.js'

interface Holder {
  readonly pid: number
  /** When the process was started, in clock ticks since boot; null where the system does not say. A pid may come again, with another time. */
  readonly started: string | null
}

/** Keeps other processes from the same work until it is released; a lock whose process has ended is taken over. RUN_ACTIVE when it is held. */
export async function lock(state: StateDir, name: string): Promise<{ release(): Promise<void> }> {
  const folder = join(state.root, 'locks')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${name}.lock`)
  const own: Holder = { pid: process.pid, started: startOf(process.pid) }
  const temporary = join(folder, `.${randomUUID()}`)
  await writeFile(temporary, JSON.stringify(own), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await linked(temporary, path)) return { release: () => rm(path, { force: true }) }
      const holder = await holderOf(path)
      if (holder !== null && isAlive(holder)) {
        throw new SlipwayError('RUN_ACTIVE', `process ${holder.pid} works on the same output`)
      }
      await rm(path, { force: true })
    }
    throw new SlipwayError('RUN_ACTIVE', 'another process works on the same output')
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Names are given to whole files only, so that nobody reads half a lock. */
async function linked(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function holderOf(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch {
    return null
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const now = startOf(pid)
  return now === null || started === null || now === started
}

/** Field 22 of /proc/<pid>/stat (proc_pid_stat(5)), counted behind the name, which may hold blanks. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
