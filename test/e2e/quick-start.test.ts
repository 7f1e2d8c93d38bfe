import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { open } from 'slipway/embedded'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { linearModel, zipMapModel } from '../fixtures/models.js'
import { send } from '../support/http.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))
const exampleNames = ['breast-cancer', 'digits', 'forecast', 'fraud', 'reviews']

let workspace: Workspace

beforeEach(async () => {
  workspace = await openWorkspace()
})
afterEach(() => workspace.remove())

async function namesServed(url: string): Promise<string[]> {
  const { models } = (await send(`${url}/models`)).json() as { models: { name: string }[] }
  return models.map(({ name }) => name)
}

describe('slipway serve', () => {
  it('serves an ONNX file without a definition, on an empty state folder', async () => {
    const server = await workspace.serve(await workspace.file('my model.onnx', linearModel({ inputs: 2 })))
    expect((await send(`${server.url}/v2/health/ready`)).status).toBe(200)
    const { example } = (await send(`${server.url}/models/my-model`)).json() as { example: object }
    expect((await send(`${server.url}/models/my-model/predict`, { body: example })).json()).toMatchObject({ source: 'model' })
    const reply = await send(`${server.url}/models/my-model/predict`, { body: { x: [1, 2] } })
    expect(reply.json()).toMatchObject({ output: { y: expect.closeTo(1.5, 6) as number }, source: 'model', model: { version: '1' } })
    expect((await send(`${server.url}/models/my-model/predict`, { body: { x: [1] } })).json()).toMatchObject({
      error: { code: 'INPUT_SHAPE' },
    })
  })

  it('derives classes from a classifier of scikit-learn', async () => {
    const server = await workspace.serve(await workspace.file('classes.onnx', zipMapModel({ labels: 'string' })))
    const reply = await send(`${server.url}/models/classes/predict`, { body: { x: [3, 0] } })
    expect(reply.json()).toMatchObject({ output: { output_label: 'low' }, source: 'model' })
  })

  it('serves every example below a folder, ready for its first caller, with pages, documents and metrics', async () => {
    const server = await workspace.serve(examples)
    expect(await namesServed(server.url)).toEqual(exampleNames)
    for (const [path, type] of [
      ['/', 'text/html'],
      ['/docs', 'text/html'],
      ['/openapi.json', 'application/json'],
      ['/metrics', 'text/plain'],
    ] as const) {
      const { status, headers } = await send(server.url + path, { headers: { accept: type } })
      expect({ path, status, type: headers['content-type'] }).toEqual({ path, status: 200, type: expect.stringContaining(type) as string })
    }
    const openapi = (await send(`${server.url}/openapi.json`)).json() as { paths: object }
    for (const name of exampleNames) expect(Object.keys(openapi.paths).join()).toContain(`/models/${name}`)
  })

  it('takes several names and paths at once, and serves no others', async () => {
    await workspace.json('models', 'add', examples)
    const file = await workspace.file('extra.onnx', linearModel())
    const server = await workspace.serve('fraud', 'reviews', file)
    expect(await namesServed(server.url)).toEqual(['extra', 'fraud', 'reviews'])
  })

  it('serves the new content of a file that it served before', async () => {
    const path = await workspace.file('sum.onnx', linearModel({ inputs: 1 }))
    const first = await workspace.serve(path)
    await first.stop()
    await workspace.file('sum.onnx', linearModel({ inputs: 1, output: 'z' }))
    const second = await workspace.serve(path)
    expect((await send(`${second.url}/models/sum/predict`, { body: { x: 1 } })).json()).toMatchObject({
      output: { z: expect.any(Number) as number },
      model: { version: '2' },
    })
  })

  it('serves an empty registry, and takes up models that are added to it', async () => {
    const server = await workspace.serve()
    expect((await send(`${server.url}/v2/health/live`)).status).toBe(200)
    await workspace.json('models', 'add', await workspace.file('late.onnx', linearModel()))
    await expect.poll(() => namesServed(server.url), { timeout: 10_000 }).toEqual(['late'])
  })

  it('ends with a clear error when what it is named cannot be served', async () => {
    const broken = await workspace.file('broken.onnx', 'no model')
    for (const [path, exit, code] of [
      [broken, 3, 'ARTIFACT_INVALID'],
      ['nobody', 4, 'MODEL_UNKNOWN'],
      [join(workspace.folder, 'nothing'), 4, 'FILE_UNKNOWN'],
    ] as const) {
      const result = await workspace.run('serve', path, '--port', '0', '--grpc-port', '0', '--admin-port', '0', '--json')
      expect(result.code).toBe(exit)
      expect(JSON.parse(result.stdout)).toMatchObject({ error: { code } })
    }
  })

  it('logs ids and no values', async () => {
    const server = await workspace.serve(examples, '--log-level', 'debug')
    const headers = { 'x-request-id': 'req-4711' }
    const reply = await send(`${server.url}/models/reviews/predict`, { body: { text: 'a most peculiar sentence' }, headers })
    expect(reply.headers['x-request-id']).toBe('req-4711')
    await send(`${server.url}/models/fraud/predict`, { body: { amount: 1234.567, country: 'a most peculiar country' } })
    expect(server.output()).not.toMatch(/peculiar|1234\.567/)
  })
})

describe('features of the state folder', () => {
  it('are gathered where a request lacks them, by the server, in process and on the command line', async () => {
    const golden = JSON.parse(await readFile(join(examples, 'fraud/golden.json'), 'utf8')) as { rows: { input: Record<string, unknown> }[] }
    const { cardAgeDays, ...rest } = golden.rows.find(({ input }) => input['cardAgeDays'] !== undefined)!.input
    const cards = await workspace.file('cards.jsonl', `${JSON.stringify({ cardId: 'c-1', cardAgeDays })}\n`)
    await workspace.json('features', 'load', 'cards', '--key', 'cardId', '--input', cards)
    const server = await workspace.serve(join(examples, 'fraud'))
    const predict = async (row: object): Promise<unknown> =>
      ((await send(`${server.url}/models/fraud/predict`, { body: row })).json() as { output: { probability: number } }).output
    const whole = await predict({ ...rest, cardAgeDays })
    expect(await predict(rest)).not.toEqual(whole)
    const row = { ...rest, cardId: 'c-1' }
    expect(await predict(row)).toEqual(whole)
    const { stdout } = await workspace.run('predict', 'fraud', '--row', JSON.stringify(row))
    expect(JSON.parse(stdout)).toMatchObject({ output: whole })
    const fraud = await open('fraud', { state: workspace.state })
    try {
      expect((await fraud.predict(row as never)).output).toEqual(whole)
    } finally {
      await fraud.close()
    }
  })
})
