import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnsweredRequest } from '../../src/targets/http/options.js'
import { loadStaticPages } from '../../src/targets/http/pages/static-pages.js'
import { send } from '../fixtures/protocols/exchange.js'
import { protocolModels } from '../fixtures/protocols/models.js'
import type { TestServer } from '../fixtures/protocols/serve-models.js'
import { serveModels } from '../fixtures/protocols/serve-models.js'

const row = { amount: 1.5, count: 1, member: true, country: 'DE' }
const predict = { path: '/models/many/predict', body: row }

let server: TestServer
let folder: string
const answered: AnsweredRequest[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-pages-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>dashboard</title>')
  await writeFile(join(folder, 'assets', 'index-1a2b.js'), 'export {}')
  await writeFile(join(folder, 'secret.txt'), 'not for the web')
  const pages = loadStaticPages(folder)!
  server = await serveModels(protocolModels(), { pages, observer: { answered: (request) => void answered.push(request) } })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

describe('request ids and traces', () => {
  it('keeps a plain X-Request-Id, in success and refusal', async () => {
    const headers = { 'x-request-id': 'order-17/retry:2' }
    expect((await send(server.port, { ...predict, headers })).headers['x-request-id']).toBe('order-17/retry:2')
    const refused = await send(server.port, { path: '/models/nope/predict', body: row, headers })
    expect(JSON.parse(refused.text)).toMatchObject({ error: { requestId: 'order-17/retry:2' } })
  })

  it.each(['has spaces', 'x'.repeat(200), '<script>', 'a"b'])('makes its own for %j', async (id) => {
    const answer = await send(server.port, { ...predict, headers: { 'x-request-id': id } })
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/)
  })

  it('passes a W3C trace context on, and drops a malformed one', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect((await send(server.port, { ...predict, headers: { traceparent } })).headers['traceparent']).toBe(traceparent)
    expect((await send(server.port, { ...predict, headers: { traceparent: '00-zz-1-01' } })).headers['traceparent']).toBeUndefined()
  })

  it('tells an observer of every answer by its route, without paths and payloads', async () => {
    await send(server.port, { path: '/models/nope/predict?secret=1', body: row, headers: { 'x-request-id': 'seen' } })
    const seen = answered.find(({ requestId }) => requestId === 'seen')
    expect(seen).toEqual({
      route: '/models/:model/predict',
      method: 'POST',
      status: 404,
      code: 'MODEL_UNKNOWN',
      requestId: 'seen',
      durationMs: expect.any(Number) as unknown,
      requestBytes: JSON.stringify(row).length,
    })
  })
})

describe('pages', () => {
  it.each(['/', '/docs'])('gives a browser the dashboard at %s, with a policy for what it may load', async (path) => {
    const answer = await send(server.port, { path, headers: { accept: 'text/html,*/*' } })
    expect(answer).toMatchObject({
      status: 200,
      text: expect.stringContaining('dashboard') as unknown,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    })
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'self'/)
  })

  it('gives its files, by etag when they are known', async () => {
    const got = await send(server.port, { path: '/assets/index-1a2b.js' })
    expect(got).toMatchObject({ status: 200, text: 'export {}', headers: { 'content-type': 'text/javascript; charset=utf-8' } })
    const again = await send(server.port, { path: '/assets/index-1a2b.js', headers: { 'if-none-match': got.headers.etag ?? '' } })
    expect(again).toMatchObject({ status: 304, text: '' })
  })

  it.each(['/assets/none.js', '/secret.txt', '/assets/../secret.txt', '/index.html'])('has no file at %s', async (path) => {
    expect((await send(server.port, { path })).status).toBe(404)
  })

  it('stands in with a plain page where the dashboard was not built', async () => {
    const plain = await serveModels([], { server: { name: '<b>', version: '1' } })
    expect(await send(plain.port, { path: '/docs' })).toMatchObject({
      status: 200,
      text: expect.stringContaining('&#60;b&#62;') as unknown,
    })
    await plain.close()
  })
})

describe('the OpenAPI document', () => {
  interface Document {
    readonly openapi: string
    readonly paths: Readonly<
      Record<
        string,
        Readonly<Record<string, { readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: object }>> } }>>
      >
    >
    readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
  }
  const read = async (): Promise<Document> => JSON.parse((await send(server.port, { path: '/openapi.json' })).text) as Document

  it('describes every model from its signature', async () => {
    const { openapi, paths, components } = await read()
    expect(openapi).toBe('3.1.0')
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/models/many/predict', '/v2/models/many/infer', '/v1/models/many:predict', '/predictions/many']),
    )
    expect(components.schemas['many.Input']).toMatchObject({
      required: ['amount', 'count', 'member', 'country'],
      properties: { amount: { type: 'number', minimum: 0, maximum: 1000 }, country: { enum: ['DE', 'FR', 'US'] } },
    })
  })

  it('refers to nothing that it lacks', async () => {
    const document = await read()
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]!)
    expect(references.length).toBeGreaterThan(20)
    expect(references.filter((name) => !Object.hasOwn(document.components.schemas, name))).toEqual([])
  })

  it('has examples that this server answers', async () => {
    const { paths } = await read()
    const examples = Object.entries(paths).flatMap(([path, { post }]) => {
      const example = post?.requestBody?.content['application/json']?.example
      return example === undefined ? [] : [{ path, body: example }]
    })
    expect(examples.length).toBeGreaterThan(30)
    const answers = await Promise.all(
      examples.map(async (example) => ({ path: example.path, status: (await send(server.port, example)).status })),
    )
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  })
})

describe('metrics, repository and statistics', () => {
  it('exposes the metrics of what was answered', async () => {
    await send(server.port, predict)
    const { text, headers } = await send(server.port, { path: '/metrics' })
    expect(headers['content-type']).toMatch(/^text\/plain/)
    expect(text).toMatch(/slipway_requests_total\{[^}]*model="many"[^}]*route="native"[^}]*\} [1-9]/)
  })

  it('counts inferences in the statistics that perf_analyzer reads', async () => {
    const read = async (): Promise<number> => {
      const { text } = await send(server.port, { path: '/v2/models/iris/stats' })
      return (JSON.parse(text) as { model_stats: { inference_count: number }[] }).model_stats[0]!.inference_count
    }
    const before = await read()
    await send(server.port, {
      path: '/v1/models/iris:predict',
      body: {
        instances: [
          [1, 2, 3, 4],
          [1, 2, 3, 4],
        ],
      },
    })
    expect(await read()).toBe(before + 2)
  })

  it('unloads and loads a model by name', async () => {
    expect((await send(server.port, { method: 'POST', path: '/v2/repository/models/halves/unload' })).status).toBe(200)
    expect((await send(server.port, { path: '/v2/models/halves' })).status).toBe(404)
    const { text } = await send(server.port, { method: 'POST', path: '/v2/repository/index' })
    expect(JSON.parse(text)).toContainEqual(expect.objectContaining({ name: 'halves', state: 'UNAVAILABLE' }))
    expect((await send(server.port, { path: '/v1/models/halves' })).status).toBe(503)
    expect((await send(server.port, { method: 'POST', path: '/v2/repository/models/halves/load' })).status).toBe(200)
    expect((await send(server.port, { path: '/v2/models/halves/ready' })).status).toBe(200)
    expect((await send(server.port, { method: 'DELETE', path: '/models/halves' })).status).toBe(200)
    expect((await send(server.port, { path: '/models', body: { model_name: 'halves' } })).status).toBe(200)
  })
})

describe('an endpoint of SageMaker', () => {
  const call = { path: '/endpoints/nope/invocations', headers: { 'content-type': 'application/json' }, body: { instances: [[1, 2, 3, 4]] } }

  it('that is called like none of several models is unknown', async () => {
    const { status, text } = await send(server.port, call)
    expect([status, JSON.parse(text)]).toEqual([
      404,
      { error_code: 'RESOURCE_DOES_NOT_EXIST', message: expect.stringContaining('"nope"') as unknown },
    ])
  })

  it('is the only model, whatever it is called', async () => {
    const alone = await serveModels(protocolModels().filter(({ name }) => name === 'iris'))
    const { text } = await send(alone.port, call)
    await alone.close()
    expect(JSON.parse(text)).toEqual({ predictions: [10] })
  })
})

describe('NaN in answers', () => {
  it('is a literal where the server was told so', async () => {
    const literal = await serveModels(
      protocolModels().filter(({ name }) => name === 'risky'),
      { nonFinite: 'literal' },
    )
    const body = '{"inputs":[{"name":"x","shape":[2,1],"datatype":"FP32","data":[NaN,0]}]}'
    expect((await send(literal.port, { path: '/v2/models/risky/infer', body })).text).toMatch(/"data":\[NaN,NaN\]/)
    expect((await send(literal.port, { path: '/v1/models/risky:predict', body: '{"instances":[NaN]}' })).text).toBe('{"predictions":[NaN]}')
    expect((await send(literal.port, { path: '/models/risky/predict', body: '{"x":NaN}' })).text).toMatch(/"output":\{"y":null\}/)
    await literal.close()
  })
})
