// Serving throughput and latency beside the Python peers, in one run: `npm run bench:serve [-- --json] [--rounds 5] [--seconds 3]`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { load, type LoadResult } from './load.js'
import { freePort, median, type RunningServer, startServer } from './processes.js'
import { pythonEnvironment } from './python-env.js'

interface Contender {
  readonly name: string
  readonly server: RunningServer
  readonly url: string
}
type Results = Map<string, LoadResult[]>

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
  },
})
const rounds = Number(flags.rounds)
const seconds = Number(flags.seconds)
const serverCore = 0
const loadCore = 1
const golden = JSON.parse(readFileSync('bench/models/trees-200x6.golden.json', 'utf8')) as {
  readonly rows: readonly { readonly input: Readonly<Record<string, number>>; readonly output: { readonly probability: number } }[]
}

const state = mkdtempSync(join(tmpdir(), 'slipway-bench-'))
const servers: RunningServer[] = []
try {
  const contenders = await startAll()
  for (const contender of contenders) await checkAnswers(contender)
  const report: Record<string, unknown> = { rounds, seconds }
  for (const connections of [1, 32, 256]) report[`connections${connections}`] = summarise(await measure(contenders, connections))
  const at32 = report['connections32'] as ReturnType<typeof summarise>
  print({ throughputRatio: at32.throughputRatio, p99Ratio: at32.p99Ratio, ...report })
} finally {
  await Promise.all(servers.map((server) => server.stop()))
  rmSync(state, { recursive: true, force: true })
}

async function startAll(): Promise<readonly Contender[]> {
  const python = join(process.cwd(), await pythonEnvironment('bench/peers/requirements.txt'))
  const slipway = await startSlipway()
  const fastapi = await startPeer('fastapi', python, 'fastapi_app:app')
  const asgi = await startPeer('asgi', python, 'asgi_app:app')
  return [
    { name: 'slipway', server: slipway, url: `${slipway.url}/models/trees/predict` },
    { name: 'fastapi', server: fastapi, url: `${fastapi.url}/predict` },
    { name: 'fastapi-def', server: fastapi, url: `${fastapi.url}/predict-def` },
    { name: 'asgi', server: asgi, url: `${asgi.url}/predict` },
  ]
}

async function startSlipway(): Promise<RunningServer> {
  const port = await freePort()
  const args = [
    'dist/cli/main.js',
    'serve',
    'bench/models/model.ts',
    '--state',
    state,
    '--port',
    String(port),
    '--grpc-port',
    '0',
    '--admin-port',
    '0',
    '--log-level',
    'error',
  ]
  return keep(
    await startServer({
      name: 'slipway',
      command: process.execPath,
      args,
      readyUrl: `http://127.0.0.1:${port}/v2/health/ready`,
      url: `http://127.0.0.1:${port}`,
      core: serverCore,
    }),
  )
}

async function startPeer(name: string, python: string, app: string): Promise<RunningServer> {
  const port = await freePort()
  const args = [
    '-m',
    'uvicorn',
    app,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--loop',
    'uvloop',
    '--http',
    'httptools',
    '--no-access-log',
    '--log-level',
    'error',
  ]
  if (name === 'asgi') args.push('--lifespan', 'off')
  return keep(
    await startServer({
      name,
      command: python,
      args,
      cwd: 'bench/peers',
      readyUrl: `http://127.0.0.1:${port}/health`,
      url: `http://127.0.0.1:${port}`,
      core: serverCore,
    }),
  )
}

function keep(server: RunningServer): RunningServer {
  servers.push(server)
  return server
}

/** No server is timed that answers wrongly. */
async function checkAnswers({ name, url }: Contender): Promise<void> {
  for (const row of golden.rows) {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(row.input) })
    const body = (await response.json()) as { readonly probability?: number; readonly output?: { readonly probability: number } }
    const got = body.output?.probability ?? body.probability
    const want = row.output.probability
    if (got === undefined || Math.abs(got - want) > 1e-5) throw new Error(`${name} answers ${JSON.stringify(body)}, expected ${want}`)
  }
}

/** Alternating rounds; the first of each contender warms up and is dropped. */
async function measure(contenders: readonly Contender[], connections: number): Promise<Results> {
  const results: Results = new Map(contenders.map(({ name }) => [name, []]))
  const body = JSON.stringify(golden.rows[0]!.input)
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, url } of contenders) {
      const result = await load({ url, body, connections, seconds: round === 0 ? 2 : seconds, core: loadCore })
      if (result.errors > 0) throw new Error(`${name}: ${result.errors} failed requests at ${connections} connections`)
      if (round > 0) results.get(name)!.push(result)
      process.stderr.write(`${connections} connections, round ${round}/${rounds}: ${name} ${Math.round(result.requestsPerSecond)} req/s\n`)
    }
  }
  return results
}

function summarise(results: Results): {
  servers: Record<string, object>
  throughputRatio: Record<string, number>
  p99Ratio: Record<string, number>
  p50Ratio: Record<string, number>
} {
  const figures = new Map([...results].map(([name, runs]) => [name, middle(runs)]))
  const own = figures.get('slipway')!
  const peers = [...figures].filter(([name]) => name !== 'slipway')
  const ratio = (key: 'requestsPerSecond' | 'p99Us' | 'p50Us'): Record<string, number> =>
    Object.fromEntries(peers.map(([name, peer]) => [name, round(own[key] / peer[key])]))
  return {
    throughputRatio: ratio('requestsPerSecond'),
    p99Ratio: ratio('p99Us'),
    p50Ratio: ratio('p50Us'),
    servers: Object.fromEntries(figures),
  }
}

function middle(runs: readonly LoadResult[]): { requestsPerSecond: number; p50Us: number; p99Us: number } {
  const of = (key: 'requestsPerSecond' | 'p50Us' | 'p99Us'): number => Math.round(median(runs.map((run) => run[key])))
  return { requestsPerSecond: of('requestsPerSecond'), p50Us: of('p50Us'), p99Us: of('p99Us') }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

function print(report: object): void {
  process.stdout.write(`${JSON.stringify(report, null, flags.json ? undefined : 2)}\n`)
}
