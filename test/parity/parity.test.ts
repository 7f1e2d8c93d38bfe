import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GRPCInferenceService } from '../../src/targets/grpc/proto/open_inference_pb.js'
import { connectGrpc } from '../support/grpc-client.js'
import { send } from '../support/http.js'
import { until } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'
import { describeModel, parityModels, type DescribedModel, type Row } from './models.js'
import { surfaces as requestSurfaces, type Places, type Surface } from './surfaces.js'
import { tableSurfaces } from './table-surfaces.js'
import { canonicalRow, type CanonicalRow, difference } from './values.js'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))
const models = await parityModels()
const surfaces = [...requestSurfaces, ...tableSurfaces]
const native = surfaces[0]!
const processSurfaces = surfaces.filter(({ name }) => /native REST, rows|OIP, binary|gRPC, raw/.test(name))

let workspace: Workspace
let inline: Places
let processes: Places
const described = new Map<string, DescribedModel>()
/** What native REST answers to the rows of a model, all at once and one by one: what all others must answer, bit by bit. */
const together = new Map<string, readonly CanonicalRow[]>()
const alone = new Map<string, readonly CanonicalRow[]>()

beforeAll(async () => {
  workspace = await openWorkspace()
  await workspace.json('models', 'add', examples)
  for (const { name, artifact } of models) {
    if (artifact !== null) await workspace.json('models', 'add', await workspace.file(`${name}.onnx`, artifact))
  }
  inline = await places('--isolation', 'inline')
  processes = await places('--isolation', 'process')
  for (const model of models) {
    const own = await describeModel(model, inline.url)
    described.set(model.name, own)
    together.set(model.name, await askAtOnce(native, own, inline))
    alone.set(model.name, await askOneByOne(native, own, inline))
  }
})
afterAll(async () => {
  inline?.grpc.close()
  processes?.grpc.close()
  await workspace.remove()
})

async function places(...args: readonly string[]): Promise<Places> {
  const server = await workspace.serve(...args)
  const index = (await send(`${server.url}/v2/repository/index`, { method: 'POST' })).json() as { name: string; reason: string }[]
  if (index.some(({ reason }) => reason !== '')) throw new Error(`a model is not served: ${JSON.stringify(index)}\n${server.output()}`)
  const grpc = connectGrpc(GRPCInferenceService, Number(server.grpcAddress.split(':').at(-1)))
  return { url: server.url, state: workspace.state, grpc }
}

/** Asks until the model itself answers every row: on a busy machine a deadline may pass, and then a fallback answers. */
async function ask(surface: Surface, model: DescribedModel, { rows, at }: { rows: readonly Row[]; at: Places }): Promise<CanonicalRow[]> {
  const answers = await until(`${surface.name} is answered by the model`, async () => {
    const received = await surface.ask(model, rows, at)
    expect(received.sources).not.toContain('(not told)')
    return received.sources.every((source) => source === 'model') && received.rows
  })
  return answers.map((row) => canonicalRow(model, row))
}

function askAtOnce(surface: Surface, model: DescribedModel, at: Places): Promise<CanonicalRow[]> {
  return ask(surface, model, { rows: model.rows, at })
}

async function askOneByOne(surface: Surface, model: DescribedModel, at: Places): Promise<CanonicalRow[]> {
  const answers: CanonicalRow[] = []
  for (const row of model.rows) answers.push(...(await ask(surface, model, { rows: [row], at })))
  return answers
}

function largestDifference(expected: readonly CanonicalRow[], received: readonly CanonicalRow[]): number {
  const each = expected.flatMap((row, at) => Object.keys(row).map((output) => difference(row[output]!, received[at]?.[output] ?? [])))
  return Math.max(...each)
}

describe.each(models)('$name', (parityModel) => {
  const { name } = parityModel
  const fitting = surfaces.filter((surface) => surface.fits?.(parityModel) !== false)
  const atOnce = fitting.filter(({ takes }) => takes !== 'one')
  const oneByOne = fitting.filter(({ takes }) => takes !== 'several')

  it('answers its golden rows as the framework did that it was trained in', () => {
    const model = described.get(name)!
    expect(together.get(name)).toHaveLength(model.golden.length)
    for (const [index, row] of model.golden.entries()) {
      // A golden file may leave outputs out.
      const outputs = Object.keys(row)
      expect(outputs).not.toEqual([])
      const expected = canonicalRow(model, row)
      const differences = outputs.map((output) => difference(expected[output]!, together.get(name)![index]![output]!))
      expect(Math.max(...differences)).toBeLessThanOrEqual(model.tolerance)
    }
  })

  it('answers a row alone as among others, but for the last bits where the engine has other kernels for one row', () => {
    expect(largestDifference(together.get(name)!, alone.get(name)!)).toBeLessThan(1e-6)
  })

  it.each(atOnce)('gives the same numbers by $name', async (surface) => {
    expect(await askAtOnce(surface, described.get(name)!, inline)).toEqual(together.get(name))
  })

  it.each(oneByOne)('gives the same numbers, row by row, by $name', async (surface) => {
    expect(await askOneByOne(surface, described.get(name)!, inline)).toEqual(alone.get(name))
  })

  it.each(processSurfaces)('gives the same numbers out of a worker process by $name', async (surface) => {
    expect(await askAtOnce(surface, described.get(name)!, processes)).toEqual(together.get(name))
  })

  it('is the same version on every server', async () => {
    const infos = await Promise.all([inline, processes].map(async ({ url }) => (await send(`${url}/models/${name}`)).json()))
    const [first, second] = infos as { digest: string; isolation: string }[]
    expect(first?.digest).toBe(second?.digest)
    expect([first?.isolation, second?.isolation]).toEqual(['inline', 'process'])
  })
})
