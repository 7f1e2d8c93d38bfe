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

  it('get from slipway what they ask for: tritonclient over HTTP and gRPC, the KServe SDK over REST v1, v2 and gRPC', async () => {
    const checks = await runChecks(python, [server.url, server.grpcAddress])
    expect(checks.length).toBe(10)
    expect(checks.filter((check) => !check.ok)).toEqual([])
  })
})

function runChecks(python: string, args: readonly string[]): Promise<Check[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, ['test/engines/clients.py', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`clients.py ended with ${code}: ${errors}`))
      resolve(
        output
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Check),
      )
    })
  })
}
