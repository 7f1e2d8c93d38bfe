import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteStoredSets } from '../../src/drivers/sqlite/stored-sets.js'
import { linearModel } from '../fixtures/models.js'
import { send } from '../support/http.js'
import { fillSet, stored } from '../support/stored.js'
import { until } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const child = fileURLToPath(new URL('stored-child.ts', import.meta.url))
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const keys = Array.from({ length: 300 }, (_, i) => `k${i}`)

let workspace: Workspace

beforeEach(async () => {
  workspace = await openWorkspace()
  await workspace.json('models', 'add', await workspace.file('m.onnx', linearModel({ inputs: 1 })))
})
afterEach(() => workspace.remove())

const storePath = (): string => join(workspace.state, 'stored.sqlite')

/** Runs a command and kills it after `ms`, unless it has ended before; resolves to its exit code, null when killed. */
function killed(args: readonly string[], ms: number): Promise<number | null> {
  return new Promise((resolve) => {
    const command = spawn(process.execPath, [main, ...args, '--state', workspace.state], { stdio: 'ignore' })
    const timer = setTimeout(() => command.kill('SIGKILL'), ms)
    command.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code)
    })
  })
}

describe('readers, while sets are flipped and processes die', () => {
  it('never see two sets in one answer', { timeout: 120_000 }, async () => {
    const sets = await openSqliteStoredSets({ path: storePath() })
    for (const id of ['s1', 's2', 's3']) {
      await fillSet(sets, { id, model: 'm', values: Object.fromEntries(keys.map((key) => [key, stored({ y: [Number(id[1])] })])) })
    }
    await sets.flip({ model: 'm', set: 's1', kind: 'flip', by: 't', reason: '' })
    const server = await workspace.serve()
    const flipper: ChildProcess = spawn(process.execPath, ['--import', 'tsx', child, storePath(), 'm', 's1', 's2', 's3'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let said = ''
    flipper.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await until('the other process flips', () => said.includes('ready'))

    const seen = new Map<string, number>()
    let mixed = 0
    const ask = async (): Promise<void> => {
      const reply = await send(`${server.url}/models/m/stored`, { body: { keys } })
      const { set, answers } = reply.json() as { set: string; answers: readonly { output: { y: readonly number[] } }[] }
      if (answers.some(({ output }) => `s${output.y[0]}` !== set)) mixed++
      seen.set(set, (seen.get(set) ?? 0) + 1)
    }
    const flipsBefore = (await sets.flips('m')).length
    let asked = 0
    await until(
      'readers have read through hundreds of flips',
      async () => {
        await Promise.all(Array.from({ length: 20 }, ask))
        asked += 20
        return asked >= 600 && (await sets.flips('m')).length - flipsBefore > 200
      },
      90_000,
    )
    flipper.stdin!.end()
    await until('the other process ends', () => flipper.exitCode !== null)
    expect(mixed).toBe(0)
    expect([...seen.keys()].toSorted()).toEqual(['s1', 's2', 's3'])
    await sets.close()
  })

  it('find every row once after loads that were killed at any point', { timeout: 180_000 }, async () => {
    const rows = 250_000
    const lines = Array.from({ length: rows }, (_, i) => `{"id":"key-${i}","y":${(i % 997) / 1000},"_source":"model","_codes":null}\n`)
    const from = await workspace.file('rows.jsonl', lines.join(''))
    const args = ['stored', 'load', 'm', '--from', from, '--key', 'id']
    let kills = 0
    for (let ms = 500; ; ms += 400) {
      if ((await killed(args, ms)) === 0) break
      kills++
      // Nothing of it can be flipped to yet.
      expect((await workspace.run('stored', 'flip', 'm')).code).not.toBe(0)
    }
    expect(kills).toBeGreaterThan(1)
    const again = await workspace.json(...args)
    expect(again).toMatchObject({ set: { rows, state: 'complete' }, refused: 0 })
    expect(again).toEqual(await workspace.json(...args, '--store', `sqlite:${join(workspace.folder, 'clean.sqlite')}`))
  })

  it('are answered from one set or the other after flips that were killed at any point', { timeout: 120_000 }, async () => {
    const sets = await openSqliteStoredSets({ path: storePath() })
    for (const id of ['s1', 's2']) {
      await fillSet(sets, { id, model: 'm', values: Object.fromEntries(keys.map((key) => [key, stored({ y: [Number(id[1])] })])) })
    }
    await sets.flip({ model: 'm', set: 's1', kind: 'flip', by: 't', reason: '' })
    let active = 's1'
    for (let i = 0; i < 20; i++) {
      const to = active === 's1' ? 's2' : 's1'
      const code = await killed(['stored', 'flip', 'm', to], 150 + 17 * i)
      const { set, values } = await sets.read('m', keys)
      expect(code === 0 ? [to] : [active, to]).toContain(set?.id)
      expect(new Set(values)).toEqual(new Set([stored({ y: [Number(set!.id[1])] })]))
      expect((await sets.flips('m'))[0]).toMatchObject({ set: set!.id })
      active = set!.id
    }
    await sets.close()
  })
})
