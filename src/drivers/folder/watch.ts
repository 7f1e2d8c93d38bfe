import { watch, type FSWatcher } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from './failure.js'

/** The file whose time moves with each write: one file to watch, however many models there are. */
const stampName = 'changed'
const rearmMs = 1000

/** Moves the time of the stamp. It carries nothing that must last: a stamp that cannot be moved costs a watcher one poll. */
export async function touchStamp(root: string): Promise<void> {
  const path = join(root, stampName)
  const now = new Date()
  try {
    await utimes(path, now, now)
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') await writeFile(path, '', { mode: 0o600, flag: 'wx' }).catch(() => undefined)
  }
}

/** Calls back when the stamp moves. The folder may vanish and come back: the watch is then set again. Returns how to stop. */
export function watchStamp(root: string, onChange: () => void): () => void {
  let watcher: FSWatcher | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const arm = (): void => {
    if (stopped) return
    try {
      watcher = watch(root, { persistent: false }, (_, name) => {
        if (name === null || name === stampName) onChange()
      })
      watcher.on('error', rearm)
    } catch {
      rearm() // No folder yet, or no more watches to be had: the caller polls meanwhile.
    }
  }
  const rearm = (): void => {
    watcher?.close()
    watcher = undefined
    clearTimeout(timer)
    timer = setTimeout(arm, rearmMs)
    timer.unref()
  }
  arm()
  return () => {
    stopped = true
    clearTimeout(timer)
    watcher?.close()
  }
}
