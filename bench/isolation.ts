// Worker processes under load: `npm run bench:isolation [-- --json]`. A 50 ms model at 16 connections while /v2/health/live is probed, and a model
// that hangs in an ONNX Loop: how late is the fallback, and is the next request served?
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { slowModel } from '../test/fixtures/models.js'
import { hangingModel } from './graphs.js'
import { load } from './load.js'
import { freePort, median, startServer } from './processes.js'

const deadlineMs = 200
const { values: flags } = parseArgs({ options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } } })
const rounds = Number(flags.rounds)
const folder = mkdtempSync(join(tmpdir(), 'slipway-isolation-'))
writeModels()
const port = await freePort()
const args = [
  'dist/cli/main.js',
  'serve',
  join(folder, 'models'),
  '--state',
  join(folder, 'state'),
  '--isolation',
  'process',
  '--port',
  String(port),
  '--grpc-port',
  '0',
  '--admin-port',
  '0',
  '--log-level',
  'error',
]
const server = await startServer({
  name: 'slipway',
  command: process.execPath,
  args,
  readyUrl: `http://127.0.0.1:${port}/v2/health/ready`,
  url: `http://127.0.0.1:${port}`,
  core: 0,
})
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

try {
  const p99s: number[] = []
  for (let round = 0; round < rounds; round += 1) p99s.push(await probeUnderLoad())
  const lateness: number[] = []
  const recovery: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const hung = await predict('hanging', { x: 1e18 })
    expectSource(hung.body, 'fallback:heuristic')
    lateness.push(hung.ms - deadlineMs)
    const next = await predict('hanging', { x: 3 })
    expectSource(next.body, 'model')
    recovery.push(next.ms)
  }
  const report = {
    healthLiveP99Ms: median(p99s),
    fallbackAfterDeadlineMs: { median: median(lateness), worst: Math.max(...lateness) },
    nextRequestMs: { median: median(recovery), worst: Math.max(...recovery) },
    rounds,
  }
  process.stdout.write(`${JSON.stringify(report, null, flags.json ? undefined : 2)}\n`)
} finally {
  agent.destroy()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

function writeModels(): void {
  for (const [name, bytes] of [
    ['slow', slowModel({ ms: 50 })],
    ['hanging', hangingModel()],
  ] as const) {
    mkdirSync(join(folder, 'models', name), { recursive: true })
    writeFileSync(join(folder, 'models', name, `${name}.onnx`), bytes)
    writeFileSync(join(folder, 'models', name, 'model.mjs'), definition(name))
  }
}

function definition(name: string): string {
  return `import { defineModel, number } from 'slipway'
export default defineModel({
  name: '${name}',
  artifact: './${name}.onnx',
  input: { x: number() },
  output: { y: number() },
  guard: { deadlineMs: ${name === 'hanging' ? deadlineMs : 60_000} },
  fallback: () => ({ y: -1 }),
  examples: [{ x: 1 }, { x: 2 }],
})
`
}

/** 99th percentile, in milliseconds, of /v2/health/live while the slow model is loaded. */
async function probeUnderLoad(): Promise<number> {
  const done = new AbortController()
  const under = load({ url: `${server.url}/models/slow/predict`, body: '{"x":1}', connections: 16, seconds: 5, core: 1 }).finally(() =>
    done.abort(),
  )
  const times: number[] = []
  while (!done.signal.aborted) {
    times.push((await call('GET', '/v2/health/live')).ms)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const result = await under
  process.stderr.write(`slow model ${result.requestsPerSecond.toFixed(0)} req/s, ${times.length} probes\n`)
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]!
}

async function predict(model: string, row: object): Promise<{ readonly ms: number; readonly body: string }> {
  return call('POST', `/models/${model}/predict`, JSON.stringify(row))
}

function expectSource(body: string, source: string): void {
  const got = (JSON.parse(body) as { readonly source?: string }).source
  if (got !== source) throw new Error(`expected the source ${source}, received ${body}`)
}

function call(method: string, path: string, body = ''): Promise<{ readonly ms: number; readonly body: string }> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const out = request(
      { host: '127.0.0.1', port, path, method, agent, headers: { 'content-length': Buffer.byteLength(body) } },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve({ ms: performance.now() - started, body: text }))
      },
    )
    out.on('error', reject)
    out.end(body)
  })
}
