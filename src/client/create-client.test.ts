import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { foreignServer } from '../../test/support/foreign-server.js'
import type { ForeignAnswer, ForeignServer } from '../../test/support/foreign-server.js'
import type { ErrorCode } from '../core/errors.js'
import { createClient } from './create-client.js'
import type { Client } from './create-client.js'
import type { ClientOptions } from './options.js'

let peer: ForeignServer
beforeEach(async () => void (peer = await foreignServer()))
afterEach(() => peer.close())

function client(options: Partial<ClientOptions> = {}): Client {
  return createClient({ url: peer.url, retries: 0, ...options })
}

function outputs(...list: string[]): ForeignAnswer {
  return { body: `{"model_name":"m","model_version":"7","id":"q","outputs":[${list.join(',')}]}` }
}

async function failure(call: Promise<unknown>): Promise<{ code: ErrorCode; message: string }> {
  return call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: { code: ErrorCode; message: string }) => error,
  )
}

describe('the other calls', () => {
  test('health is what the status says, whatever the body', async () => {
    peer.answer = ({ line }) => (line.endsWith('/ready') ? { status: 400 } : { body: '' })
    expect(await client().live()).toBe(true)
    expect(await client().ready()).toBe(false)
    expect(await client().model('m').ready()).toBe(false)
    expect(peer.received.map(({ line }) => line)).toEqual(['GET /v2/health/live', 'GET /v2/health/ready', 'GET /v2/models/m/ready'])
  })

  test('a server that is not there is not up, and any other call says that it is unreachable', async () => {
    const gone = client()
    await peer.close()
    expect(await gone.live()).toBe(false)
    expect((await failure(gone.metadata())).code).toBe('UNREACHABLE')
  })

  test('metadata, statistics, index, load and unload ask the routes of the protocol', async () => {
    const texts: Readonly<Record<string, string>> = {
      'GET /v2': '{"name":"triton","version":"2.50.0","extensions":["statistics"]}',
      'GET /v2/models/m': '{"name":"m","versions":["1"],"platform":"onnxruntime_onnx","inputs":[],"outputs":[]}',
      'GET /v2/models/m/stats': '{"model_stats":[{"name":"m","version":"1","last_inference":1700000000000,"inference_count":2}]}',
      'POST /v2/repository/index': '[{"name":"m","version":"1","state":"READY","reason":""}]',
    }
    peer.answer = ({ line }) => ({ body: texts[line] ?? '' })
    const triton = client({ key: 'slp_x', headers: { 'x-tenant': 'a' } })
    expect(await triton.metadata()).toEqual({ name: 'triton', version: '2.50.0', extensions: ['statistics'] })
    expect((await triton.model('m').metadata()).platform).toBe('onnxruntime_onnx')
    expect((await triton.model('m').statistics())[0]?.inference_count).toBe(2)
    expect(await triton.index({ ready: true })).toEqual([{ name: 'm', version: '1', state: 'READY', reason: '' }])
    await triton.load('m')
    await triton.unload('m')
    expect(peer.received.slice(4).map(({ line }) => line)).toEqual([
      'POST /v2/repository/models/m/load',
      'POST /v2/repository/models/m/unload',
    ])
    expect(peer.received[3]?.body.toString()).toBe('{"ready":true}')
    expect(peer.received[0]?.headers).toMatchObject({ authorization: 'Bearer slp_x', 'x-tenant': 'a' })
  })

  test('a prefix in the URL is kept, and a text that is no URL refused', async () => {
    peer.answer = () => ({ body: '{"name":"n","version":"1","extensions":[]}' })
    await createClient({ url: `${peer.url}/serving/` }).metadata()
    expect(peer.received[0]?.line).toBe('GET /serving/v2')
    for (const url of ['127.0.0.1:8080', 'ftp://x', 'http://', 'http://x?y']) {
      expect(() => createClient({ url })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    }
  })

  test('bodies are compressed when asked for', async () => {
    peer.answer = () => outputs()
    await client({ compression: 'gzip' }).model('m').infer({ inputs: [], id: 'z' })
    expect(peer.received[0]?.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(peer.only().body).toString()).toBe('{"id":"z","inputs":[]}')
  })
})

describe('failures', () => {
  test.each([
    [400, '{"error":"bad shape"}', 'INVALID_REQUEST', 'bad shape'],
    [404, '{"error":"Request for unknown model"}', 'MODEL_UNKNOWN', 'Request for unknown model'],
    [401, '', 'UNAUTHENTICATED', 'the server answered with status 401'],
    [422, '{"detail":[{"loc":["body"]}]}', 'INVALID_REQUEST', '[{"loc":["body"]}]'],
    [400, '{"error":{"code":"INPUT_RANGE","message":"too large"}}', 'INPUT_RANGE', 'too large'],
    [400, '{"error":{"code":"toString","message":"odd"}}', 'INVALID_REQUEST', 'odd'],
    [500, 'Internal Server Error', 'INTERNAL', 'Internal Server Error'],
    [504, '{"error":null}', 'DEADLINE', 'the server answered with status 504'],
  ] as const)('status %i with %s is %s', async (status, body, code, message) => {
    peer.answer = () => ({ status, body })
    expect(await failure(client().metadata())).toMatchObject({ name: 'SlipwayError', code, message })
  })

  test('429 and 503 are tried again, after what Retry-After says', async () => {
    peer.answer = () =>
      peer.received.length < 3
        ? { status: peer.received.length === 1 ? 429 : 503, headers: { 'retry-after': '0' } }
        : { body: '{"name":"n"}' }
    expect((await client({ retries: 2 }).metadata()).name).toBe('n')
    expect(peer.received).toHaveLength(3)
  })

  test('after the last try the error of the server is told', async () => {
    peer.answer = () => ({ status: 429, headers: { 'retry-after': '0' }, body: '{"error":"queue full"}' })
    expect(await failure(client({ retries: 1 }).metadata())).toMatchObject({ code: 'QUEUE_FULL', message: 'queue full' })
    expect(peer.received).toHaveLength(2)
  })

  test('other refusals are not tried again', async () => {
    peer.answer = () => ({ status: 500, body: '{"error":"no"}' })
    await failure(client({ retries: 5 }).metadata())
    expect(peer.received).toHaveLength(1)
  })

  test('a wait that would end past the time limit is not begun', async () => {
    peer.answer = () => ({ status: 503, headers: { 'retry-after': '60' }, body: '{"error":"starting"}' })
    expect(await failure(client({ retries: 5, timeoutMs: 5000 }).metadata())).toMatchObject({ code: 'NOT_READY', message: 'starting' })
    expect(peer.received).toHaveLength(1)
  })

  test('a call ends at its time limit', async () => {
    peer.answer = () => new Promise<ForeignAnswer>(() => undefined)
    expect((await failure(client().metadata({ timeoutMs: 50 }))).code).toBe('DEADLINE')
  })

  test('a call ends when its caller gives it up, before or while it runs', async () => {
    peer.answer = () => new Promise<ForeignAnswer>(() => undefined)
    const controller = new AbortController()
    const call = failure(client().metadata({ signal: controller.signal }))
    await expect.poll(() => peer.received.length).toBe(1)
    controller.abort()
    expect((await call).code).toBe('CANCELLED')
    expect((await failure(client().metadata({ signal: controller.signal }))).code).toBe('CANCELLED')
    expect(peer.received).toHaveLength(1)
  })
})
