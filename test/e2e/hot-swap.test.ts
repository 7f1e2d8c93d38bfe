import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { open } from 'slipway/embedded'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildModel } from '../../src/artifact/build.js'
import { constant, node, value } from '../../src/artifact/model-parts.js'
import { GRPCInferenceService } from '../../src/targets/grpc/proto/open_inference_pb.js'
import { connectGrpc, type GrpcTestClient } from '../support/grpc-client.js'
import { type Load, type LoadResult, send, startLoad } from '../support/http.js'
import type { ServerProcess } from '../support/slipway.js'
import { until } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

/** What a flip may take from the end of the command that made it; a version that runs in processes has to start them first. */
const flipMs = { inline: 1000, process: 5000 } as const

interface Answer {
  readonly y: number
  readonly version: string
}

let workspace: Workspace

/** `x` -> `y` = x + `shift`: an answer shows which version computed it. */
function shiftModel(shift: number): Uint8Array {
  return buildModel({
    inputs: [value('x', 'float32', ['N', 1])],
    outputs: [value('y', 'float32', ['N', 1])],
    initializers: [constant('shift', 'float32', [1], [shift])],
    nodes: [node('Add', ['x', 'shift'], ['y'])],
  })
}

/** Adds the model that shifts by its version number. */
async function addShift(version: number): Promise<void> {
  const added = await workspace.json('models', 'add', await workspace.file(`v${version}/shift.onnx`, shiftModel(version)))
  expect(added).toMatchObject({ added: [{ name: 'shift', version, outcome: 'added' }] })
}

async function predict(
  { url }: ServerProcess,
  options: { x?: number; selector?: string; agent?: Parameters<Parameters<typeof startLoad>[1]>[0] } = {},
): Promise<Answer> {
  const { x = 10, selector = '', agent } = options
  const body = JSON.stringify({ x })
  const reply = await send(`${url}/models/shift${selector}/predict`, { body, ...(agent === undefined ? {} : { agent }) })
  if (reply.status !== 200) throw new Error(`${reply.status}: ${reply.text}`)
  const { output, model } = reply.json() as { output: { y: number }; model: { version: string } }
  return { y: output.y - x, version: model.version }
}

async function predictGrpc(grpc: GrpcTestClient<typeof GRPCInferenceService>): Promise<Answer> {
  const inputs = [{ name: 'x', datatype: 'FP64', shape: [1n, 1n], contents: { fp64Contents: [10] } }]
  const { code, details, message } = await grpc.modelInfer({ modelName: 'shift', inputs })
  if (message === null) throw new Error(`${code}: ${details}`)
  const y = Buffer.from(message.rawOutputContents[0]!).readDoubleLE()
  return { y: y - 10, version: message.modelVersion }
}

describe.each(['inline', 'process'] as const)('a server (%s) under load whose champion moves', (isolation) => {
  let server: ServerProcess
  let load: Load<Answer>
  let grpcLoad: Load<Answer>
  let results: readonly LoadResult<Answer>[]
  let grpcResults: readonly LoadResult<Answer>[]
  /** Milliseconds from the end of each command to the first answer of the version it chose, and when that came. */
  const flips: { readonly to: string; readonly tookMs: number; readonly startedAt: number; readonly seenAt: number }[] = []

  async function flip(to: string, ...command: readonly string[]): Promise<void> {
    const startedAt = performance.now()
    await workspace.json('models', ...command)
    const endedAt = performance.now()
    const { answeredAt } = await until(`version ${to} answers`, () =>
      load.results.find((result) => result.answer?.version === to && result.answeredAt > startedAt),
    )
    flips.push({ to, tookMs: answeredAt - endedAt, startedAt, seenAt: answeredAt })
    const seen = load.results.length
    await until('the load goes on', () => load.results.length > seen + 200 && (grpcLoad.results.at(-1)?.sentAt ?? 0) > answeredAt)
  }

  beforeAll(async () => {
    workspace = await openWorkspace()
    await addShift(1)
    server = await workspace.serve('--isolation', isolation)
    const grpc = connectGrpc(GRPCInferenceService, Number(server.grpcAddress.split(':').at(-1)))
    let x = 0
    load = startLoad(4, (agent) => predict(server, { x: (x = (x + 1) % 1000), agent }))
    grpcLoad = startLoad(1, () => predictGrpc(grpc))
    await addShift(2)
    await flip('2', 'promote', 'shift@2')
    await flip('1', 'rollback', 'shift', '--reason', 'test')
    await flip('2', 'promote', 'shift@2', 'champion')
    results = await load.stop()
    grpcResults = await grpcLoad.stop()
    grpc.close()
  })
  afterAll(() => workspace.remove())

  it('fails no request', () => {
    expect(results.length).toBeGreaterThan(600)
    expect(grpcResults.length).toBeGreaterThan(10)
    expect([...results, ...grpcResults].filter(({ error }) => error !== null)).toEqual([])
  })

  it('answers with the new version in time', () => {
    expect(flips.map(({ to }) => to)).toEqual(['2', '1', '2'])
    for (const { tookMs } of flips) expect(tookMs).toBeLessThan(flipMs[isolation])
  })

  it('names with each answer the version whose numbers it holds', () => {
    const wrong = [...results, ...grpcResults].filter(({ answer }) => answer !== null && answer.y !== Number(answer.version))
    expect(wrong).toEqual([])
  })

  it('never goes back to the old version once the new one has answered', () => {
    for (const [index, { to, seenAt }] of flips.entries()) {
      const end = flips[index + 1]?.startedAt ?? Infinity
      const later = results.filter(({ sentAt, answeredAt }) => sentAt > seenAt && answeredAt < end)
      expect(later.length).toBeGreaterThan(50)
      expect(later.filter(({ answer }) => answer?.version !== to)).toEqual([])
    }
  })

  it('is told who moved it and why', async () => {
    const { journal } = (await workspace.json('models', 'show', 'shift')) as { journal: { action: string; reason: string | null }[] }
    expect(journal.map(({ action }) => action)).toEqual(['add', 'add', 'promote', 'rollback', 'promote'])
    expect(journal[3]?.reason).toBe('test')
  })
})

describe('a version that cannot be loaded', () => {
  let server: ServerProcess
  let blob: string
  let sound: Buffer

  beforeEach(async () => {
    workspace = await openWorkspace()
    await addShift(1)
    await addShift(2)
    await workspace.json('models', 'promote', 'shift@1', 'latest')
    const { manifest } = (await workspace.json('models', 'show', 'shift@2')) as { manifest: { artifact: { digest: string } } }
    const hex = manifest.artifact.digest.slice('sha256:'.length)
    blob = join(workspace.state, 'registry/blobs/sha256', hex.slice(0, 2), hex)
    sound = await readFile(blob)
    server = await workspace.serve()
    await chmod(blob, 0o600)
    await appendFile(blob, 'tampered')
  })
  afterEach(() => workspace.remove())

  it('leaves the old one serving, and the repository index says what is wrong, until it is repaired', async () => {
    await workspace.json('models', 'promote', 'shift@2')
    const index = async (): Promise<readonly { version: string; state: string; reason: string }[]> =>
      (await send(`${server.url}/v2/repository/index`, { method: 'POST' })).json() as { version: string; state: string; reason: string }[]
    const failed = await until('the failure shows', async () => (await index()).find(({ state }) => state === 'UNAVAILABLE'))
    expect(failed).toMatchObject({ name: 'shift', version: '2', reason: expect.stringMatching(/damaged|digest/) as string })
    expect(failed.reason).not.toContain(workspace.folder)
    expect(await index()).toContainEqual({ name: 'shift', version: '1', state: 'READY', reason: '' })
    expect(await predict(server)).toEqual({ y: 1, version: '1' })
    expect(await predict(server, { selector: '@champion' })).toEqual({ y: 1, version: '1' })
    expect((await send(`${server.url}/models/shift@2/predict`, { body: { x: 1 } })).status).toBe(503)
    expect((await send(`${server.url}/v2/health/ready`)).status).toBe(200)

    await writeFile(blob, sound)
    const loaded = await send(`${server.url}/v2/repository/models/shift/load`, { method: 'POST' })
    expect({ status: loaded.status, text: loaded.text }).toMatchObject({ status: 200 })
    expect(await predict(server)).toEqual({ y: 2, version: '2' })
    expect(await index()).not.toContainEqual(expect.objectContaining({ state: 'UNAVAILABLE' }))
  })

  it('is not opened in process either: INTEGRITY', async () => {
    await expect(open('shift@2', { state: workspace.state })).rejects.toMatchObject({ code: 'INTEGRITY' })
    const { code, stdout } = await workspace.run('predict', 'shift@2', '--row', '{"x":1}', '--json')
    expect(code).toBe(7)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'INTEGRITY' } })
  })
})

describe('a model that was opened in process', () => {
  beforeEach(async () => {
    workspace = await openWorkspace()
    await addShift(1)
  })
  afterEach(() => workspace.remove())

  it('follows its alias without a failed call, while a pinned version stays', async () => {
    const { state } = workspace
    const models = await Promise.all(['shift', 'shift@champion', 'shift@latest', 'shift@1'].map((name) => open(name, { state })))
    const [byDefault, champion, latest, pinned] = models as [Model, Model, Model, Model]
    const load = startLoad(2, async () => {
      const answers = await Promise.all(models.map((model) => model.predict({ x: 10 })))
      for (const { source, output, version } of answers) expect([source, output]).toEqual(['model', { y: 10 + Number(version) }])
      await new Promise(setImmediate)
      return answers.map(({ version }) => version).join()
    })
    const follow = async (expected: string): Promise<void> => {
      await until(`the versions are ${expected}`, () => load.results.at(-1)?.answer === expected, flipMs.inline)
      expect(models.map(({ identity }) => identity.version).join()).toBe(expected)
    }
    try {
      await follow('1,1,1,1')
      await addShift(2)
      await follow('1,1,2,1')
      await workspace.json('models', 'promote', 'shift@2')
      await follow('2,2,2,1')
      await workspace.json('models', 'rollback', 'shift')
      await follow('1,1,2,1')
    } finally {
      await load.stop()
      await Promise.all([byDefault.close(), champion.close(), latest.close(), pinned.close()])
    }
    expect(load.results.filter(({ error }) => error !== null)).toEqual([])
    expect(load.results.length).toBeGreaterThan(50)
  })

  it('is refused for what the registry does not have', async () => {
    const { state } = workspace
    await expect(open('nothing', { state })).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
    await expect(open('shift@blue', { state })).rejects.toMatchObject({ code: 'ALIAS_UNKNOWN' })
    await expect(open('shift@7', { state })).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' })
  })
})

type Model = Awaited<ReturnType<typeof open>>
