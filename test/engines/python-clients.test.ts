import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pythonEnvironment } from '../../bench/python-env.js'
import { linearModel, stringInputModel } from '../fixtures/models.js'
import { missing } from '../support/requires.js'
import { type ServerProcess, startServer } from '../support/slipway.js'

interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

const skipped = missing('python3')

describe.skipIf(skipped !== null)(`public Python clients${skipped === null ? '' : ` (${skipped})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-clients-'))
  let server: ServerProcess
  let python: string

  beforeAll(async () => {
    python = await pythonEnvironment('test/engines/requirements.txt')
    for (const [name, bytes] of [
      ['linear', linearModel()],
      ['words', stringInputModel()],
    ] as const) {
      mkdirSync(join(folder, 'models', name), { recursive: true })
      writeFileSync(join(folder, 'models', name, `${name}.onnx`), bytes)
    }
    server = await startServer([join(folder, 'models'), '--state', join(folder, 'state')])
  })

  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each([
    ['triton_clients.py', 7],
    ['kserve_clients.py', 3],
  ])('of %s get from slipway what they ask for', async (script, count) => {
    const checks = await runChecks(python, [`test/engines/${script}`, server.url, server.grpcAddress])
    expect(checks.filter((check) => !check.ok)).toEqual([])
    expect(checks.length).toBe(count)
  })
})

function runChecks(python: string, args: readonly string[]): Promise<Check[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`${args[0]} ended with ${code}: ${errors}`))
      resolve(
        output
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Check),
      )
    })
  })
}
