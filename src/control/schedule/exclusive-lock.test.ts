import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { takeLock } from './exclusive-lock.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** What a process that died without releasing leaves behind. */
const leave = (holder: object, number = 1): Promise<void> =>
  writeFile(join(folder, `nightly.lock-${number}`), JSON.stringify({ start: null, released: false, ...holder }))
/** The pid of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid

it('is held by one until it is released', async () => {
  const lock = await takeLock(folder, 'nightly')
  expect(await takeLock(folder, 'nightly')).toBeNull()
  expect(await takeLock(folder, 'weekly')).not.toBeNull()
  await lock!.release()
  expect(await takeLock(folder, 'nightly')).not.toBeNull()
})

it('is taken over from a process that has died', async () => {
  await leave({ pid: deadPid() })
  expect(await takeLock(folder, 'nightly')).not.toBeNull()
})

it('is taken over when the pid belongs to another process by now', async () => {
  await leave({ pid: process.pid, start: 'another boot 1' })
  expect(await takeLock(folder, 'nightly')).not.toBeNull()
})

it('is left to a process that lives, also one of another user', async () => {
  await leave({ pid: 1 })
  expect(await takeLock(folder, 'nightly')).toBeNull()
})

it('is given to one alone when many find the holder dead at the same time', async () => {
  const pid = deadPid()
  for (let round = 1; round <= 30; round++) {
    await rm(folder, { recursive: true })
    await takeLock(folder, 'other')
    await leave({ pid }, round)
    const locks = await Promise.all(Array.from({ length: 12 }, () => takeLock(folder, 'nightly')))
    expect(locks.filter((lock) => lock !== null)).toHaveLength(1)
  }
})

it('is never held twice while many take and release it', async () => {
  let holders = 0
  let taken = 0
  const contend = async (): Promise<void> => {
    while (taken < 100) {
      const lock = await takeLock(folder, 'nightly')
      if (lock === null) continue
      taken++
      expect(++holders).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      holders--
      await lock.release()
    }
  }
  await Promise.all(Array.from({ length: 8 }, contend))
  expect((await readdir(folder)).filter((name) => name.startsWith('nightly'))).toHaveLength(1)
})
