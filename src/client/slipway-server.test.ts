import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineDTypes, extremes } from '../../test/fixtures/dtypes.js'
import { identityModel, linearModel, stringInputModel } from '../../test/fixtures/models.js'
import { quietLogger, serveModels } from '../../test/support/served-models.js'
import type { ServedModels } from '../../test/support/served-models.js'
import { createClient } from '../client.js'
import type { Client, ClientOptions, InferInput } from '../client.js'
import { systemClock } from '../core/clock.js'
import { SlipwayError } from '../core/errors.js'
import { category, defineModel, integer, number } from '../index.js'
import { createHttpServer } from '../targets/http/create-http-server.js'
import type { HttpServer } from '../targets/http/options.js'

const shop = defineModel({
  name: 'shop',
  artifact: './model.onnx',
  input: { amount: number({ min: 0, max: 100 }), country: category(['DE', 'FR']), visits: integer({ optional: true }) },
  output: { probability: number(), visits: integer({ optional: true }) },
  preprocess: (frame) => ({ x: Float32Array.from(frame.columns.amount.data) }),
  postprocess: (tensors, frame) => ({ probability: tensors['y']!, visits: frame.columns.visits }),
  fallback: () => ({ probability: 0.5, visits: null }),
  guard: { cross: { suspicious: { test: (row) => row.amount !== 13, onFail: 'fallback' } } },
})

let served: ServedModels
let server: HttpServer
let client: Client
let port: number

beforeAll(async () => {
  served = await serveModels({
    ...Object.fromEntries(engineDTypes.map((dtype) => [`same-${dtype}`, { bytes: identityModel(dtype, ['N', 3]) }])),
    linear: { bytes: linearModel() },
    words: { bytes: stringInputModel() },
    shop: { bytes: identityModel('float32'), definition: shop },
  })
  server = await createHttpServer({
    plane: served.plane,
    logger: quietLogger,
    clock: systemClock,
    server: { name: 'slipway', version: '0.1.0' },
    nonFinite: 'literal',
  })
  port = (await server.listen({ host: '127.0.0.1', port: 0 })).port
  client = connect()
})
afterAll(async () => {
  await server.close(1000)
  await served.close()
})

function connect(options: Partial<ClientOptions> = {}): Client {
  return createClient({ url: `http://127.0.0.1:${port}`, ...options })
}

async function failure(call: Promise<unknown>): Promise<SlipwayError> {
  const outcome = await call.catch((error: unknown) => error)
  if (outcome instanceof SlipwayError) return outcome
  throw new Error('expected a SlipwayError')
}

describe('predictions by a definition', () => {
  test('one row has its output, its source, its id and the version that answered', async () => {
    const answer = await client.model<typeof shop>('shop').predict({ amount: 12.5, country: 'DE' })
    expect(answer).toMatchObject({
      output: { probability: 12.5, visits: null },
      source: 'model',
      codes: [],
      model: { name: 'shop', version: '1' },
    })
    expect(answer.id).toMatch(/-0$/)
    expect(answer.model.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(answer.timings.runMs).toBeGreaterThan(0)
  })

  test('64-bit integers lose no digit on their way there and back', async () => {
    for (const visits of [7, 9_007_199_254_740_993n, -9_223_372_036_854_775_807n]) {
      const { output } = await client.model<typeof shop>('shop').predict({ amount: 1, country: 'FR', visits })
      expect(output.visits).toBe(visits)
    }
  })

  test('a refused row rejects with the code of its check', async () => {
    const model = client.model<typeof shop>('shop')
    expect(await failure(model.predict({ amount: 101, country: 'DE' }))).toMatchObject({ code: 'INPUT_RANGE' })
    expect((await failure(model.predict({ amount: 101, country: 'DE' }))).message).toContain('`amount`')
    expect(await failure(model.predict({ amount: 1, country: 'XX' as 'DE' }))).toMatchObject({ code: 'INPUT_CATEGORY' })
    expect(await failure(model.predict({ country: 'DE' } as never))).toMatchObject({ code: 'INPUT_MISSING' })
  })

  test('among several rows a refused one does not spoil the others', async () => {
    const answers = await client.model<typeof shop>('shop').predict([
      { amount: 1, country: 'DE' },
      { amount: -1, country: 'DE' },
      { amount: 13, country: 'FR' },
    ])
    expect(answers.map((answer) => [answer.source, answer.output?.probability ?? answer.error?.code])).toEqual([
      ['model', 1],
      ['none', 'INPUT_RANGE'],
      ['fallback:heuristic', 0.5],
    ])
    expect(answers[2]?.codes).toEqual(['INPUT_CROSS:suspicious'])
    expect(answers.every((answer) => answer.model.name === 'shop')).toBe(true)
  })

  test('when every row is refused, each still has its own answer', async () => {
    const rows = [{ amount: -1, country: 'DE' } as const, { amount: 1, country: 'XX' as 'DE' }]
    const answers = await client.model<typeof shop>('shop').predict(rows)
    expect(answers.map((answer) => answer.error?.code)).toEqual(['INPUT_RANGE', 'INPUT_CATEGORY'])
  })

  test('explain says what the guards found', async () => {
    const answer = await client.model<typeof shop>('shop').predict({ amount: 13, country: 'DE' }, { explain: 'guards' })
    expect(answer.guards).toMatchObject([{ code: 'INPUT_CROSS', field: 'suspicious', action: 'fallback' }])
  })

  test('an empty list of rows is refused by the server', async () => {
    expect((await failure(client.model<typeof shop>('shop').predict([]))).code).toBe('INVALID_REQUEST')
  })

  test('a version or an alias may be named', async () => {
    expect((await client.model<typeof shop>('shop', { alias: 'champion' }).predict({ amount: 1, country: 'DE' })).source).toBe('model')
    expect((await failure(client.model<typeof shop>('shop', { version: '9' }).predict({ amount: 1, country: 'DE' }))).code).toBe(
      'VERSION_UNKNOWN',
    )
    expect((await failure(client.model<typeof shop>('shop', { alias: 'nope' }).predict({ amount: 1, country: 'DE' }))).code).toBe(
      'ALIAS_UNKNOWN',
    )
    expect((await failure(client.model('nope').predict({}))).code).toBe('MODEL_UNKNOWN')
  })
})

describe('tensors', () => {
  test.each(engineDTypes)('elements of %s come back to the bit, as JSON and as bytes', async (dtype) => {
    const model = client.model(`same-${dtype}`)
    const datatype = (await model.metadata()).inputs[0]!.datatype as Exclude<InferInput['datatype'], undefined>
    const input = { name: 'x', shape: [1, 3], datatype, data: extremes[dtype] }
    for (const binary of [false, true]) {
      // JSON has no half precision numbers.
      const outputs = dtype === 'float16' ? [{ name: 'y', binary: true }] : ['y']
      const response = await model.infer({ inputs: [input], outputs, binary })
      expect(response.output('y')).toMatchObject({ datatype, shape: [1, 3] })
      expect(response.output('y').data).toEqual(extremes[dtype])
    }
  })

  test('binary and JSON are mixed as asked for', async () => {
    const inputs = [{ name: 'x', shape: [2, 4], data: new Float32Array(8).fill(1) }]
    const response = await client.model('linear').infer({ inputs, outputs: [{ name: 'y', binary: true }] })
    expect(response.output('y').parameters).toEqual({ binary_data_size: 16 })
    expect(response.modelVersion).toBe('1')
    expect(response.parameters['slipway_source']).toBe('model')
  })

  test('texts in, integers out', async () => {
    const inputs = [{ name: 'word', shape: [2, 1], datatype: 'BYTES', data: ['green', 'pink'] } as const]
    expect((await client.model('words').infer({ inputs, id: 'q' })).output('code').data).toEqual(BigInt64Array.of(1n, -1n))
  })

  test('bodies may be compressed in both directions', async () => {
    const inputs = [{ name: 'x', shape: [100, 4], data: new Float32Array(400).fill(1) }]
    for (const binary of [false, true]) {
      const response = await connect({ compression: 'gzip' }).model('linear').infer({ inputs, binary })
      expect(response.output('y').shape).toEqual([100, 1])
    }
  })

  test('what the server refuses has a code and its text', async () => {
    const inputs = [{ name: 'x', shape: [1, 4], datatype: 'BYTES', data: ['a', 'b', 'c', 'd'] } as const]
    const error = await failure(client.model('linear').infer({ inputs }))
    expect(error.code).toMatch(/^(INVALID_REQUEST|INPUT_DATATYPE)$/)
    expect(error.message).toContain('`x`')
  })
})

describe('the server', () => {
  test('is live and ready, and says who it is', async () => {
    expect([await client.live(), await client.ready()]).toEqual([true, true])
    expect(await client.metadata()).toMatchObject({ name: 'slipway', version: '0.1.0' })
  })

  test('unloads and loads models, which are ready or not', async () => {
    const words = client.model('words')
    expect(await words.ready()).toBe(true)
    await client.unload('words')
    expect(await words.ready()).toBe(false)
    expect((await client.index({ ready: true })).map(({ name }) => name)).not.toContain('words')
    await client.load('words')
    expect(await words.ready()).toBe(true)
    expect((await failure(client.load('nope'))).code).toBe('MODEL_UNKNOWN')
  })

  test('counts what it answered', async () => {
    const model = client.model('linear')
    const before = (await model.statistics())[0]?.inference_count ?? 0
    await model.predict([{ x: [1, 2, 3, 4] }, { x: [1, 2, 3, 4] }])
    expect((await model.statistics())[0]?.inference_count).toBe(before + 2)
  })
})
