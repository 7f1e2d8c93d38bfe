import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a script found out about one thing; further members as it likes. */
export interface ScriptCheck {
  readonly name: string
  readonly ok: boolean
  readonly scores?: Readonly<Record<string, readonly [score: number | null, source: string, codes: string | null]>>
}

/** The folder of the bridge, for PYTHONPATH. */
export const bridge: string = fileURLToPath(new URL('../../python', import.meta.url))

/** The built command line, as a shell takes it. */
export const command: string = [process.execPath, fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))].join(' ')

/** Runs a Python script that prints a check a line; rejects, with what it said, when it fails. */
export function runScript(python: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<readonly ScriptCheck[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-20_000)))
    child.on('error', reject)
    child.on('close', (code) => {
      const lines = output.split('\n').filter((line) => line.startsWith('{"name"'))
      if (code === 0) resolve(lines.map((line) => JSON.parse(line) as ScriptCheck))
      else reject(new Error(`${args[0]} ended with ${code}: ${lines.map((line) => line.slice(0, 300)).join('\n')}\n${errors}`))
    })
  })
}
