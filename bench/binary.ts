// A picture of 1x3x224x224 floats by OIP, as JSON and by the binary extension: `npm run bench:binary [-- --json] [--rounds 5]`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pictureModel } from './graphs.js'
import { freePort, median, startServer } from './processes.js'

const { values: flags } = parseArgs({ options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } } })
const elements = 3 * 224 * 224
const folder = mkdtempSync(join(tmpdir(), 'slipway-binary-'))
writeFileSync(join(folder, 'picture.onnx'), pictureModel())
const port = await freePort()
const args = [
  'dist/cli/main.js',
  'serve',
  join(folder, 'picture.onnx'),
  '--state',
  join(folder, 'state'),
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
  const pixels = Float32Array.from({ length: elements }, (_, i) => Math.fround(Math.sin(i)))
  const json = jsonRequest(pixels)
  const binary = binaryRequest(pixels)
  await Promise.all([time(json, 5), time(binary, 5)])
  const [jsonMs, binaryMs]: [number[], number[]] = [[], []]
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    jsonMs.push(await time(json, 20))
    binaryMs.push(await time(binary, 200))
  }
  const report = { jsonMs: median(jsonMs), binaryMs: median(binaryMs), ratio: median(jsonMs) / median(binaryMs) }
  process.stdout.write(`${JSON.stringify(report, null, flags.json ? undefined : 2)}\n`)
} finally {
  agent.destroy()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

interface Call {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

function jsonRequest(pixels: Float32Array): Call {
  const inputs = [{ name: 'image', datatype: 'FP32', shape: [1, 3, 224, 224], data: [...pixels] }]
  return { body: Buffer.from(JSON.stringify({ inputs })), headers: { 'content-type': 'application/json' } }
}

function binaryRequest(pixels: Float32Array): Call {
  const inputs = [{ name: 'image', datatype: 'FP32', shape: [1, 3, 224, 224], parameters: { binary_data_size: pixels.byteLength } }]
  const header = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }))
  const body = Buffer.concat([header, Buffer.from(pixels.buffer)])
  return { body, headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header.length) } }
}

/** Median milliseconds of `count` calls, one after another. */
async function time(call: Call, count: number): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < count; i += 1) {
    const started = performance.now()
    await send(call)
    times.push(performance.now() - started)
  }
  return median(times)
}

function send({ body, headers }: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/v2/models/picture/infer',
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': body.length },
    }
    const call = request(options, (response) => {
      response.resume()
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`))))
    })
    call.on('error', reject)
    call.end(body)
  })
}
