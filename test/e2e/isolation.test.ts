import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hangingModel } from '../../bench/graphs.js'
import { identityModel, slowModel } from '../fixtures/models.js'
import { readMetric, send, startLoad } from '../support/http.js'
import { childrenOf, isRunning } from '../support/processes.js'
import type { ServerProcess } from '../support/slipway.js'
import { until } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const deadlineMs = 300
/** What scheduling may add on a machine that is busy with other things. */
const marginMs = 2000

interface Answer {
  readonly output: { readonly y: number } | null
  readonly source: string
  readonly codes: readonly string[]
}

let workspace: Workspace

beforeEach(async () => {
  workspace = await openWorkspace()
})
afterEach(() => workspace.remove())

/** A definition beside its graph: `x` -> `y`, -1 from the fallback; `more` are further lines of the definition. */
async function addGuarded(graph: Uint8Array, { before = '', more = '' }: { before?: string; more?: string } = {}): Promise<void> {
  await workspace.file('guarded/graph.onnx', graph)
  const definition = `
    import { defineModel, number } from 'slipway'
    ${before}
    export default defineModel({
      name: 'guarded',
      artifact: './graph.onnx',
      input: { x: number() },
      output: { y: number() },
      guard: { deadlineMs: ${deadlineMs} },
      fallback: { name: 'none', answer: () => ({ y: -1 }) },
      examples: [{ x: 1 }, { x: 2 }],
      ${more}
    })`
  await workspace.json('models', 'add', await workspace.file('guarded/model.ts', definition))
}

async function predict({ url }: ServerProcess, x: number): Promise<Answer> {
  const reply = await send(`${url}/models/guarded/predict`, { body: { x } })
  expect(reply.status).toBe(200)
  return reply.json() as Answer
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly tookMs: number }> {
  const started = performance.now()
  const value = await work()
  return { value, tookMs: performance.now() - started }
}

const endless = 1e18
const fallbackAnswer = { output: { y: -1 }, source: 'fallback:none', codes: ['DEADLINE'] }

describe('a model that hangs', () => {
  it('is answered for by its fallback in time, and the next request is answered by the model', async () => {
    await addGuarded(hangingModel())
    const server = await workspace.serve('--isolation', 'process')
    expect(await predict(server, 2)).toMatchObject({ output: { y: 4 }, source: 'model' })
    const { value, tookMs } = await timed(() => predict(server, endless))
    expect(value).toMatchObject(fallbackAnswer)
    expect(tookMs).toBeGreaterThanOrEqual(deadlineMs - 20)
    expect(tookMs).toBeLessThan(deadlineMs + marginMs)
    expect(await predict(server, 3)).toMatchObject({ output: { y: 6 }, source: 'model', codes: [] })
  })

  it('is answered for in time again and again, and its workers are replaced', async () => {
    await addGuarded(hangingModel())
    const server = await workspace.serve('--isolation', 'process')
    const before = childrenOf(server.pid)
    for (let turn = 0; turn < 3; turn++) {
      const { value, tookMs } = await timed(() => predict(server, endless))
      expect(value.source).toBe('fallback:none')
      expect(tookMs).toBeLessThan(deadlineMs + marginMs)
    }
    await until('the model answers again', async () => (await predict(server, 3)).source === 'model')
    const after = await until('there are as many workers as before', () => {
      const now = childrenOf(server.pid).filter(isRunning)
      return now.length === before.length && now
    })
    expect(after.filter((pid) => before.includes(pid)).length).toBeLessThan(before.length)
    expect(await readMetric(server.url, 'slipway_fallback_total{model="guarded",reason="DEADLINE"}')).toBeGreaterThanOrEqual(3)
  })

  it('costs its neighbours of the moment a fallback answer at most, and never a wrong one', async () => {
    await addGuarded(hangingModel())
    const server = await workspace.serve('--isolation', 'process')
    const numbers = Array.from({ length: 8 }, (_, index) => index)
    const { value: answers, tookMs } = await timed(() => Promise.all([endless, ...numbers].map((x) => predict(server, x))))
    expect(tookMs).toBeLessThan(2 * (deadlineMs + marginMs))
    expect(answers[0]).toMatchObject(fallbackAnswer)
    for (const [x, answer] of answers.slice(1).entries()) {
      expect(['model', 'fallback:none']).toContain(answer.source)
      expect(answer.output).toEqual({ y: answer.source === 'model' ? 2 * x : -1 })
    }
  })

  it('is answered 504 in time where there is no fallback, and holds nobody else up', async () => {
    await workspace.json('models', 'add', await workspace.file('endless.onnx', hangingModel()))
    await workspace.json('models', 'add', await workspace.file('quick.onnx', identityModel('float32')))
    const server = await workspace.serve('--deadline-ms', String(deadlineMs))
    const hung = timed(() => send(`${server.url}/models/endless/predict`, { body: { x: endless } }))
    const quick = await timed(() => send(`${server.url}/models/quick/predict`, { body: { x: 7 } }))
    expect(quick.value.json()).toMatchObject({ output: { y: 7 }, source: 'model' })
    expect(quick.tookMs).toBeLessThan(deadlineMs + marginMs)
    const { value, tookMs } = await hung
    expect(value.status).toBe(504)
    expect(value.json()).toMatchObject({ error: { code: 'DEADLINE' } })
    expect(tookMs).toBeLessThan(deadlineMs + marginMs)
    const next = await until('the model answers again', async () => {
      const reply = await send(`${server.url}/models/endless/predict`, { body: { x: 4 } })
      return reply.status === 200 && reply
    })
    expect(next.json()).toMatchObject({ output: { y: 8 } })
  })

  it('is answered 504 within the time that the client allows', async () => {
    await workspace.json('models', 'add', await workspace.file('endless.onnx', hangingModel()))
    const server = await workspace.serve('--deadline-ms', '1500')
    const headers = { 'slipway-timeout-ms': String(deadlineMs) }
    const { value, tookMs } = await timed(() => send(`${server.url}/models/endless/predict`, { body: { x: endless }, headers }))
    expect(value.status).toBe(504)
    expect(value.json()).toMatchObject({ error: { code: 'DEADLINE' } })
    expect(tookMs).toBeLessThan(deadlineMs + marginMs)
  })
})

describe('a model that is slow', () => {
  it('leaves the server prompt: liveness is answered at once while it runs', async () => {
    await workspace.json('models', 'add', await workspace.file('slow.onnx', slowModel({ ms: 100 })))
    const server = await workspace.serve('--isolation', 'process')
    const load = startLoad(2, (agent) => send(`${server.url}/models/slow/predict`, { body: { x: 1 }, agent }))
    const underWay = 'slipway_inflight_requests{model="slow",version="1"}'
    await until('the model runs', async () => ((await readMetric(server.url, underWay)) ?? 0) > 0)
    const probes = startLoad(1, (agent) => send(`${server.url}/v2/health/live`, { agent }))
    const seen = load.results.length
    await until('it ran a few times', () => load.results.length >= seen + 8)
    const times = (await probes.stop()).map(({ sentAt, answeredAt }) => answeredAt - sentAt)
    const answers = await load.stop()
    expect(answers.filter(({ answer }) => answer?.status !== 200)).toEqual([])
    expect(probes.results.filter(({ answer }) => answer?.status !== 200)).toEqual([])
    const sorted = times.toSorted((a, b) => a - b)
    expect(sorted.length).toBeGreaterThan(50)
    expect(sorted[sorted.length >> 1]).toBeLessThan(50)
    expect(sorted[Math.floor(sorted.length * 0.99)]).toBeLessThan(400)
  })

  it('is served though the machine is so busy while it loads that it misses its deadline then', async () => {
    const busy = join(workspace.folder, 'busy')
    // Stands for the other processes of a busy machine: each run takes longer than the deadline while the file is there.
    const before = `
      const fs = process.getBuiltinModule('node:fs')
      const end = () => Date.now() + (fs.existsSync(${JSON.stringify(busy)}) ? ${2 * deadlineMs} : 0)`
    const more = `preprocess: (frame) => {
      for (const until = end(); Date.now() < until; );
      return { x: Float32Array.from(frame.columns.x.data) }
    },`
    await addGuarded(identityModel('float32'), { before, more })
    await workspace.file('busy', '')
    const server = await workspace.serve('--isolation', 'process')
    const index = await send(`${server.url}/v2/repository/index`, { method: 'POST' })
    expect(index.json()).toEqual([{ name: 'guarded', version: '1', state: 'READY', reason: '' }])
    expect((await predict(server, 5)).source).toBe(fallbackAnswer.source)
    await rm(busy)
    await until('the model answers', async () => (await predict(server, 5)).source === 'model')
  })
})

describe('a worker that is killed from outside', () => {
  it('costs fallback answers at most, and is replaced', async () => {
    await addGuarded(identityModel('float32'))
    const server = await workspace.serve('--isolation', 'process')
    const workers = childrenOf(server.pid)
    let x = 0
    const load = startLoad(4, async () => {
      const sent = x++
      return { sent, answer: await predict(server, sent) }
    })
    await until('the load runs', () => load.results.length > 50)
    for (const victim of workers) {
      process.kill(victim, 'SIGKILL')
      const seen = load.results.length
      await until('the load goes on', () => load.results.length > seen + 50)
    }
    await until('there are as many workers as before', () => childrenOf(server.pid).filter(isRunning).length === workers.length)
    const replaced = load.results.length
    await until('the model answers', () => load.results.slice(replaced).some(({ answer }) => answer?.answer.source === 'model'))
    const results = await load.stop()
    expect(results.filter(({ error }) => error !== null)).toEqual([])
    for (const { answer } of results) {
      expect(answer?.answer.output).toEqual({ y: answer?.answer.source === 'model' ? answer.sent : -1 })
    }
    expect(workers.some(isRunning)).toBe(false)
  })
})

describe('--isolation', () => {
  it('auto puts graphs that loop and graphs that are slow into processes, and quick ones into the server', async () => {
    const graphs = { endless: hangingModel(), slow: slowModel({ ms: 20 }), quick: identityModel('float32') }
    for (const [name, graph] of Object.entries(graphs)) await workspace.json('models', 'add', await workspace.file(`${name}.onnx`, graph))
    const server = await workspace.serve()
    const { models } = (await send(`${server.url}/models`)).json() as { models: { name: string; isolation: string }[] }
    expect(models.map(({ name, isolation }) => [name, isolation])).toEqual([
      ['endless', 'process'],
      ['quick', 'inline'],
      ['slow', 'process'],
    ])
    expect(childrenOf(server.pid).length).toBeGreaterThanOrEqual(2)
  })

  it('inline has no worker processes, and process has as many as are asked for', async () => {
    await workspace.json('models', 'add', await workspace.file('quick.onnx', identityModel('float32')))
    const inline = await workspace.serve('--isolation', 'inline')
    expect(childrenOf(inline.pid)).toEqual([])
    const processes = await workspace.serve('--isolation', 'process', '--workers', '3')
    await until('the workers are there', () => childrenOf(processes.pid).length >= 3)
  })
})
