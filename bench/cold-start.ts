// From the command to the first answer: `npm run bench:cold-start [-- --json] [--rounds 5]`. Peer: FastAPI with the same model, in the same run.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePort, median, waitFor } from './processes.js'
import { pythonEnvironment } from './python-env.js'

const { values: flags } = parseArgs({ options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } } })
const golden = JSON.parse(readFileSync('bench/models/trees-200x6.golden.json', 'utf8')) as {
  readonly rows: readonly { readonly input: Readonly<Record<string, number>> }[]
}
const fields = golden.rows[0]!.input
const python = join(process.cwd(), await pythonEnvironment('bench/peers/requirements.txt'))

const slipwayMs: number[] = []
const fastapiMs: number[] = []
for (let round = 0; round <= Number(flags.rounds); round += 1) {
  const own = await timeSlipway()
  const peer = await timeFastApi()
  // The first round fills the file cache for both.
  if (round > 0) {
    slipwayMs.push(own)
    fastapiMs.push(peer)
  }
  process.stderr.write(`round ${round}: slipway ${own.toFixed(0)} ms, FastAPI ${peer.toFixed(0)} ms\n`)
}
const report = { slipwayMs: Math.round(median(slipwayMs)), fastapiMs: Math.round(median(fastapiMs)), rounds: slipwayMs.length }
process.stdout.write(`${JSON.stringify(report, null, flags.json ? undefined : 2)}\n`)

/** `slipway serve model.onnx` on a new state folder: gate, trial run, registry and server included. */
async function timeSlipway(): Promise<number> {
  const state = mkdtempSync(join(tmpdir(), 'slipway-cold-'))
  const port = await freePort()
  const args = [
    'dist/cli/main.js',
    'serve',
    'bench/models/trees-200x6.onnx',
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
  try {
    return await timeUntilAnswer(() => spawn(process.execPath, args, { stdio: 'ignore' }), port, '/models/trees-200x6/predict', {
      x: Object.values(fields),
    })
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

async function timeFastApi(): Promise<number> {
  const port = await freePort()
  const args = [
    '-m',
    'uvicorn',
    'fastapi_app:app',
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
  return timeUntilAnswer(() => spawn(python, args, { cwd: 'bench/peers', stdio: 'ignore' }), port, '/predict', fields)
}

async function timeUntilAnswer(start: () => ChildProcess, port: number, path: string, row: object): Promise<number> {
  const started = performance.now()
  const child = start()
  try {
    await waitFor(() => answers(port, path, JSON.stringify(row)), 60_000)
    return performance.now() - started
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

function answers(port: number, path: string, body: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    call.on('error', () => resolve(false))
    call.end(body)
  })
}
