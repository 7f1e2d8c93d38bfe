import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Process ids of the children of a process, by `/proc`. */
export function childrenOf(pid: number): number[] {
  return allProcesses().filter((candidate) => parentOf(candidate) === pid)
}

/** Processes that work in a folder or below it: model workers do in their temporary folder, whoever their parent is by now. */
export function processesIn(folder: string): number[] {
  return allProcesses().filter((pid) => workingFolder(pid)?.startsWith(`${folder}/`) === true)
}

/** True while a process is there; not for a zombie. */
export function isRunning(pid: number): boolean {
  const state = statusOf(pid)
  return state !== null && state[0] !== 'Z'
}

function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** The parent of a process; null when it is gone. */
export function parentOf(pid: number): number | null {
  const status = statusOf(pid)
  return status === null ? null : Number(status[1])
}

/** State, parent and what follows in `/proc/<pid>/stat`; null when the process is gone. */
function statusOf(pid: number): readonly string[] | null {
  const text = orNull(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  // The name before it may hold anything, brackets too.
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function workingFolder(pid: number): string | null {
  return orNull(() => readlinkSync(`/proc/${pid}/cwd`))
}

/** A process may go while it is looked at. */
function orNull<T>(look: () => T): T | null {
  try {
    return look()
  } catch {
    return null
  }
}
