import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStateDir, type StateDir } from '../state-dir.js'
import { lock } from './run-lock.js'

let folder: string
let state: StateDir
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-lock-'))
  state = openStateDir(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the lock of a run', () => {
  it('is held by one at a time', async () => {
    const held = await lock(state, 'a')
    await expect(lock(state, 'a')).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await (await lock(state, 'b')).release()
    await held.release()
    await (await lock(state, 'a')).release()
  })

  it('is taken over from a process that has ended, also when its id came again', async () => {
    await (await lock(state, 'a')).release()
    const path = join(state.root, 'locks', 'a.lock')
    await writeFile(path, JSON.stringify({ pid: 2 ** 22 + 1, started: '1' }))
    await (await lock(state, 'a')).release()
    await writeFile(path, JSON.stringify({ pid: process.pid, started: '1' }))
    await (await lock(state, 'a')).release()
    await writeFile(path, 'half a lo')
    await (await lock(state, 'a')).release()
  })
})
