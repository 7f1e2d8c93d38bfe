import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Who has a lock. */
interface Holder {
  readonly pid: number
  /** Boot and start time of the process; null where the system does not say. A pid may come again, with another start. */
  readonly start: string | null
  readonly released: boolean
}

export interface ExclusiveLock {
  release(): Promise<void>
}

/**
 * Keeps other processes of this machine from the same work; null while one of them, or this one, has it. A lock whose holder has died is taken over.
 *
 * Each taking is a file `<name>.lock-<n>`, one number higher than the last, made by link(2), which one process alone can do. So two that find the same
 * holder dead cannot both take over, and neither can remove what the other has just made; the last file stays when the lock is released.
 */
export async function takeLock(folder: string, name: string): Promise<ExclusiveLock | null> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own: Holder = { pid: process.pid, start: await startOf(process.pid), released: false }
  for (;;) {
    const last = await lastNumber(folder, name)
    if (last > 0 && (await isHeld(pathOf(folder, name, last)))) return null
    if (!(await create(folder, pathOf(folder, name, last + 1), own))) continue
    // Somebody may have been two steps ahead, and have removed the file that would have stopped this one.
    if ((await lastNumber(folder, name)) > last + 1) {
      await rm(pathOf(folder, name, last + 1), { force: true })
      continue
    }
    await removeOlder(folder, name, last + 1)
    return { release: () => replace(folder, pathOf(folder, name, last + 1), { ...own, released: true }) }
  }
}

function pathOf(folder: string, name: string, number: number): string {
  return join(folder, `${name}.lock-${number}`)
}

/** Numbers of the takings, ascending. */
async function numbers(folder: string, name: string): Promise<readonly number[]> {
  const prefix = `${name}.lock-`
  const files = (await readdir(folder)).filter((file) => file.startsWith(prefix))
  const found = files.map((file) => Number(file.slice(prefix.length))).filter((number) => Number.isInteger(number))
  return found.toSorted((a, b) => a - b)
}

async function lastNumber(folder: string, name: string): Promise<number> {
  return (await numbers(folder, name)).at(-1) ?? 0
}

async function removeOlder(folder: string, name: string, than: number): Promise<void> {
  const older = (await numbers(folder, name)).filter((number) => number < than)
  await Promise.all(older.map((number) => rm(pathOf(folder, name, number), { force: true })))
}

/** A file that is gone was followed by a newer one: the caller looks again, and its own attempt fails. */
async function isHeld(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => null)
  const holder = text === null ? null : (JSON.parse(text) as Holder)
  return holder !== null && !holder.released && (await isAlive(holder))
}

async function isAlive({ pid, start }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const now = await startOf(pid)
  return now === null || start === null || now === start
}

/** The boot of the machine, and field 22 of /proc/<pid>/stat (proc_pid_stat(5)), counted behind the name, which may hold blanks. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return `${boot.trim()} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return null
  }
}

/** Whole or not at all; false when the name is taken. */
async function create(folder: string, path: string, holder: Holder): Promise<boolean> {
  const temporary = await write(folder, holder)
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

async function replace(folder: string, path: string, holder: Holder): Promise<void> {
  await rename(await write(folder, holder), path)
}

async function write(folder: string, holder: Holder): Promise<string> {
  const temporary = join(folder, `.${randomUUID()}.part`)
  await writeFile(temporary, JSON.stringify(holder), { mode: 0o600 })
  return temporary
}
