// Resident memory of the server: after 10 k and after 1 M requests, and before and after 200 hot swaps. `npm run bench:memory [-- --json]`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { load, run } from './load.js'
import { freePort, residentMiB, startServer, waitFor } from './processes.js'

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    requests: { type: 'string', default: '1000000' },
    swaps: { type: 'string', default: '200' },
  },
})
const state = mkdtempSync(join(tmpdir(), 'slipway-memory-'))
const golden = JSON.parse(readFileSync('bench/models/trees-200x6.golden.json', 'utf8')) as {
  readonly rows: readonly { readonly input: object }[]
}
const body = JSON.stringify(golden.rows[0]!.input)

// Two versions to swap between: the same model under two definitions.
await slipway(['models', 'add', 'bench/models/model.ts', '--state', state])
await slipway(['models', 'add', 'bench/models/trees-200x6.onnx', '--name', 'trees', '--state', state])
const port = await freePort()
const args = [
  'dist/cli/main.js',
  'serve',
  'trees',
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
const server = await startServer({
  name: 'slipway',
  command: process.execPath,
  args,
  readyUrl: `http://127.0.0.1:${port}/v2/health/ready`,
  url: `http://127.0.0.1:${port}`,
  core: 0,
})

try {
  await send(10_000)
  const after10kMiB = residentMiB(server.pid)
  await send(Number(flags.requests))
  const after1mMiB = residentMiB(server.pid)
  for (let swap = 0; swap < 10; swap += 1) await flip(swap)
  const beforeSwapsMiB = residentMiB(server.pid)
  for (let swap = 0; swap < Number(flags.swaps); swap += 1) await flip(swap)
  const afterSwapsMiB = residentMiB(server.pid)
  const report = {
    after10kMiB,
    after1mMiB,
    requestsRatio: after1mMiB / after10kMiB,
    beforeSwapsMiB,
    afterSwapsMiB,
    swapsRatio: afterSwapsMiB / beforeSwapsMiB,
  }
  process.stdout.write(`${JSON.stringify(report, null, flags.json ? undefined : 2)}\n`)
} finally {
  await server.stop()
  rmSync(state, { recursive: true, force: true })
}

/** At least `count` requests over 32 connections. */
async function send(count: number): Promise<void> {
  let sent = 0
  while (sent < count) {
    const left = count - sent
    const result = await load({
      url: `${server.url}/models/trees/predict`,
      body,
      connections: 32,
      seconds: left > 100_000 ? 4 : 1,
      core: 1,
    })
    if (result.errors > 0) throw new Error(`${result.errors} failed requests`)
    sent += result.requests
    process.stderr.write(`${sent} of ${count} requests\n`)
  }
}

/** Moves the alias and waits until the server answers with the other version. */
async function flip(swap: number): Promise<void> {
  const version = String((swap % 2) + 1)
  await slipway(['models', 'promote', `trees@${version}`, 'champion', '--state', state])
  await waitFor(async () => {
    const response = await fetch(`${server.url}/v2/models/trees`)
    const metadata = (await response.json()) as {
      readonly versions?: readonly string[]
      readonly parameters?: { readonly version?: string }
    }
    return metadata.versions?.includes(version) === true
  }, 10_000)
}

async function slipway(args: readonly string[]): Promise<void> {
  await run(process.execPath, ['dist/cli/main.js', ...args])
}
