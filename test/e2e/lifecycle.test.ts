import { readdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hangingModel } from '../../bench/graphs.js'
import { identityModel, linearModel, slowModel } from '../fixtures/models.js'
import { GRPCInferenceService } from '../../src/targets/grpc/proto/open_inference_pb.js'
import { connectGrpc } from '../support/grpc-client.js'
import { type HttpReply, type LoadResult, readMetric, send, startLoad } from '../support/http.js'
import { childrenOf, isRunning, parentOf, processesIn } from '../support/processes.js'
import { type ServerProcess, slipway } from '../support/slipway.js'
import { until, within } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

let workspace: Workspace

describe('a server that is told to end while it is busy', () => {
  let exitCode: number
  let workers: readonly number[]
  let signalledAt: number
  let slow: readonly LoadResult<HttpReply>[]
  let quick: readonly LoadResult<HttpReply>[]
  let grpcResults: readonly LoadResult<number>[]
  /** What a probe on a connection of its own heard after the signal, until the port was closed. */
  const probes: HttpReply[] = []

  beforeAll(async () => {
    workspace = await openWorkspace()
    await workspace.json('models', 'add', await workspace.file('slow.onnx', slowModel({ ms: 300 })))
    await workspace.json('models', 'add', await workspace.file('quick.onnx', identityModel('float32')))
    const server = await workspace.serve('--isolation', 'process')
    workers = childrenOf(server.pid)
    const loads = [
      startLoad(2, (agent) => send(`${server.url}/models/slow/predict`, { body: { x: 3 }, agent })),
      startLoad(4, (agent) => send(`${server.url}/models/quick/predict`, { body: { x: 5 }, agent })),
    ] as const
    const grpc = connectGrpc(GRPCInferenceService, Number(server.grpcAddress.split(':').at(-1)))
    const inputs = [{ name: 'x', datatype: 'FP64', shape: [1n, 1n], contents: { fp64Contents: [3] } }]
    const grpcLoad = startLoad(1, async () => (await grpc.modelInfer({ modelName: 'slow', inputs })).code)
    await until('all are answered', () => [...loads, grpcLoad].every(({ results }) => results.length > 1))
    signalledAt = performance.now()
    process.kill(server.pid, 'SIGTERM')
    let ended = false
    const exited = server.exited.finally(() => (ended = true))
    await until('the port is closed', async () => {
      if (ended) return true
      probes.push(await send(`${server.url}/v2/health/ready`))
      return false
    }).catch(() => {})
    exitCode = await within('the server ends', exited)
    ;[slow, quick, grpcResults] = await Promise.all([loads[0].stop(), loads[1].stop(), grpcLoad.stop()])
    grpc.close()
  })
  afterAll(() => workspace.remove())

  it('ends with exit code 0', () => {
    expect(exitCode).toBe(0)
  })

  it('answers every request that was sent before the signal', () => {
    for (const results of [slow, quick]) {
      const before = results.filter(({ sentAt }) => sentAt < signalledAt)
      expect(before.filter(({ answer }) => answer?.status !== 200)).toEqual([])
    }
    const underWay = slow.filter(({ sentAt, answeredAt }) => sentAt < signalledAt && answeredAt > signalledAt)
    expect(underWay.map(({ answer }) => answer?.json())).toMatchObject([{ output: { y: 3 } }, { output: { y: 3 } }])
  })

  it('answers the gRPC calls that were sent before the signal', () => {
    const before = grpcResults.filter(({ sentAt }) => sentAt < signalledAt)
    expect(before.length).toBeGreaterThan(1)
    expect(before.filter(({ answer }) => answer !== 0)).toEqual([])
  })

  it('closes the connection with each answer after the signal', () => {
    const underWay = slow.filter(({ sentAt, answeredAt }) => sentAt < signalledAt && answeredAt > signalledAt)
    expect(underWay.map(({ answer }) => answer?.headers.connection)).toEqual(['close', 'close'])
  })

  it('fails no request that was sent before the signal, and later ones only by the closing port', () => {
    const failed = [...slow, ...quick].filter(({ error }) => error !== null)
    expect(failed.filter(({ sentAt }) => sentAt < signalledAt)).toEqual([])
    // A new connection that the kernel holds, or whose first bytes are on their way, when the port is closed is reset.
    const codes = failed.map(({ error }) => (error as NodeJS.ErrnoException).code)
    expect(codes.filter((code) => code !== 'ECONNREFUSED' && code !== 'ECONNRESET')).toEqual([])
  })

  it('tells probes that it is not ready while it finishes', () => {
    expect(probes.map(({ status }) => status)).toContain(503)
    expect(probes.find(({ status }) => status === 503)?.headers.connection).toBe('close')
  })

  it('leaves no worker process and no temporary file behind', async () => {
    expect(workers.length).toBeGreaterThanOrEqual(2)
    await until('the workers are gone', () => !workers.some(isRunning))
    expect(processesIn(workspace.folder)).toEqual([])
    expect(readdirSync(workspace.temporary)).toEqual([])
  })
})

describe('servers', () => {
  beforeEach(async () => {
    workspace = await openWorkspace()
  })
  afterEach(() => workspace.remove())

  it('end with exit code 0 when the signal comes as soon as they have said that they listen', async () => {
    await workspace.json('models', 'add', await workspace.file('quick.onnx', identityModel('float32')))
    for (let turn = 0; turn < 3; turn++) {
      const server = await workspace.serve('--isolation', 'process')
      expect(await within('the server ends', server.stop())).toBe(0)
    }
    expect(readdirSync(workspace.temporary)).toEqual([])
  })

  it('leave nothing behind when the signal comes while their models load', async () => {
    await workspace.json('models', 'add', await workspace.file('slow.onnx', slowModel({ ms: 100 })))
    const starting = workspace.run('serve', '--isolation', 'process', '--port', '0', '--grpc-port', '0', '--admin-port', '0')
    const workers = await until('a worker loads the model', () => {
      const found = processesIn(workspace.folder)
      return found.length > 0 && found
    })
    process.kill(parentOf(workers[0]!)!, 'SIGTERM')
    const { stderr } = await within('the server ends', starting)
    expect(stderr).not.toMatch(/\n\s+at |INTERNAL/)
    await until('its processes are gone', () => processesIn(workspace.folder).length === 0)
    expect(readdirSync(workspace.temporary)).toEqual([])
  })

  it('end at once at a second signal, and so do their workers', async () => {
    const { server, answer } = await hang()
    process.kill(server.pid, 'SIGTERM')
    await until('the first signal is heard', () => isDraining(server.url))
    process.kill(server.pid, 'SIGTERM')
    expect(await within('the server ends', server.exited)).toBe(130)
    expect(await answer).toBeInstanceOf(Error)
    await until('the workers are gone', () => processesIn(workspace.folder).length === 0)
  })

  it('that are killed take their workers with them, one that hangs too', async () => {
    const { server, answer, workers } = await hang()
    process.kill(server.pid, 'SIGKILL')
    await within('the server ends', server.exited)
    expect(await answer).toBeInstanceOf(Error)
    await until('the workers are gone', () => !workers.some(isRunning) && processesIn(workspace.folder).length === 0)
  })

  it('refuse a port that is taken, with exit code 2, and the first one serves on', async () => {
    const first = await workspace.serve()
    const taken = [
      ['--port', new URL(first.url).port],
      ['--grpc-port', first.grpcAddress.split(':').at(-1)!],
      ['--admin-port', new URL(first.adminUrl).port],
    ] as const
    for (const [flag, port] of taken) {
      const ports = ['--port', '--grpc-port', '--admin-port'].flatMap((name) => [name, name === flag ? port : '0'])
      const { code, stdout, stderr } = await workspace.run('serve', ...ports, '--json')
      expect({ flag, code }).toEqual({ flag, code: 2 })
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ADDRESS_IN_USE', message: expect.stringContaining(port) as string } })
      expect(stderr).not.toMatch(/\n\s+at /)
    }
    expect((await send(`${first.url}/v2/health/ready`)).status).toBe(200)
  })

  it('refuse to open the admin API to other machines while no admin key exists', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
      const { code, stderr } = await slipway(['serve', '--admin-host', host, '--port', '0', '--state', workspace.state])
      expect(code).toBe(2)
      expect(stderr).toMatch(/admin key/)
      expect(stderr).toMatch(/CONFIG_INVALID/)
    }
  })

  it('share one registry: each follows what anybody moves, and one does not need the other', async () => {
    const one = await workspace.file('sum.onnx', linearModel({ inputs: 1 }))
    const two = await workspace.file('next/sum.onnx', identityModel('float32', ['N', 1]))
    await workspace.json('models', 'add', one)
    const servers = await Promise.all([workspace.serve(), workspace.serve()])
    const versions = (): Promise<string[]> => Promise.all(servers.map(({ url }) => versionOf(`${url}/models/sum`)))
    expect(await versions()).toEqual(['1', '1'])
    await workspace.json('models', 'add', two)
    await workspace.json('models', 'promote', 'sum@2')
    await until('both follow', async () => (await versions()).join() === '2,2')
    expect(await servers[0].stop()).toBe(0)
    await workspace.json('models', 'rollback', 'sum')
    const { url } = servers[1]
    await until('the other one follows', async () => (await versionOf(`${url}/models/sum`)) === '1')
    expect((await send(`${url}/models/sum/predict`, { body: { x: 2 } })).json()).toMatchObject({
      output: { y: expect.closeTo(1.2, 5) as number },
    })
  })
})

/** A server with a request under way that will never be answered. */
async function hang(): Promise<{ server: ServerProcess; answer: Promise<unknown>; workers: readonly number[] }> {
  await workspace.json('models', 'add', await workspace.file('endless.onnx', hangingModel()))
  const server = await workspace.serve()
  const workers = childrenOf(server.pid)
  expect(workers).not.toEqual([])
  const answer = send(`${server.url}/models/endless/predict`, { body: { x: 1e18 } }).catch((error: unknown) => error)
  const series = 'slipway_inflight_requests{model="endless",version="1"}'
  await until('the request is under way', async () => (await readMetric(server.url, series)) === 1)
  return { server, answer, workers }
}

/** True from the moment on that a server takes no new work: it says so, or its port is closed. */
async function isDraining(url: string): Promise<boolean> {
  try {
    return (await send(`${url}/v2/health/ready`)).status === 503
  } catch {
    return true
  }
}

async function versionOf(url: string): Promise<string> {
  return ((await send(url)).json() as { version: string }).version
}
