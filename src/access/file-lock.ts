import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SlipwayError } from '../core/errors.js'

const retryMs = 10
const waitMs = 5_000
/** A holder needs milliseconds; a lock this old was left by a process that died. */
const staleMs = 10_000

/** Runs `work` while `${path}.lock` is held, so that processes change the file one after the other. Rejects with INTERNAL after 5 s. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const giveUpAt = Date.now() + waitMs
  while (!tryLock(lock)) {
    if (Date.now() > giveUpAt) throw new SlipwayError('INTERNAL', 'the key file is locked by another process; try again')
    await delay(retryMs)
  }
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function tryLock(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const age = ageMs(lock)
    if (age !== null && age > staleMs) rmSync(lock, { force: true })
    return false
  }
}

function ageMs(path: string): number | null {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? null : Date.now() - stats.mtimeMs
}
