import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What one wrk run measured. Latencies in microseconds. */
export interface LoadResult {
  readonly requestsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly requests: number
  readonly errors: number
}

export interface LoadOptions {
  readonly url: string
  readonly body: string
  readonly connections: number
  readonly seconds: number
  /** Core that wrk is pinned to. */
  readonly core: number
}

/** Loads one URL with POSTed JSON over keep-alive connections, by wrk on its own core. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const script = join(tmpdir(), `slipway-bench-${process.pid}.lua`)
  writeFileSync(script, luaScript(options.body))
  const args = [
    '-c',
    String(options.core),
    'wrk',
    '-t1',
    `-c${options.connections}`,
    `-d${options.seconds}s`,
    '--timeout',
    '10s',
    '-s',
    script,
    options.url,
  ]
  return parse(await run('taskset', args))
}

/** Runs a command and resolves to what it printed; rejects with its standard error when it fails. */
export function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${command} ended with ${code}: ${errors}`))))
  })
}

function luaScript(body: string): string {
  return `wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = ${JSON.stringify(body)}
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`
}

function parse(output: string): LoadResult {
  const found = /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/.exec(output)
  if (found === null) throw new Error(`wrk printed no result:\n${output}`)
  const [requests, durationUs, p50Us, p99Us, errors] = found.slice(1).map(Number) as [number, number, number, number, number]
  return { requestsPerSecond: requests / (durationUs / 1e6), p50Us, p99Us, requests, errors }
}
