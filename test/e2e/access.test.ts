import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Health } from '../../src/targets/grpc/proto/health_pb.js'
import { GRPCInferenceService } from '../../src/targets/grpc/proto/open_inference_pb.js'
import { identityModel } from '../fixtures/models.js'
import { connectGrpc, type GrpcTestClient } from '../support/grpc-client.js'
import { type HttpReply, send } from '../support/http.js'
import type { ServerProcess } from '../support/slipway.js'
import { until } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const ok = 0
const permissionDenied = 7
const unauthenticated = 16

interface Key {
  readonly id: string
  readonly token: string
}

let workspace: Workspace
/** Wants keys. */
let closed: ServerProcess
/** Does not. */
let open: ServerProcess
let grpc: GrpcTestClient<typeof GRPCInferenceService>
let health: GrpcTestClient<typeof Health>
let keys: Readonly<Record<'alpha' | 'reader' | 'deployer' | 'admin' | 'expired' | 'gone', Key>>

beforeAll(async () => {
  workspace = await openWorkspace()
  for (const name of ['alpha', 'beta']) {
    await workspace.json('models', 'add', await workspace.file(`${name}.onnx`, identityModel('float32')))
  }
  keys = {
    alpha: await createKey('--scopes', 'predict', '--models', 'alph*'),
    reader: await createKey('--scopes', 'read'),
    deployer: await createKey('--scopes', 'deploy'),
    admin: await createKey('--scopes', 'admin'),
    expired: expire(await createKey('--scopes', 'admin', '--expires', '2099-01-01')),
    gone: await createKey('--scopes', 'predict,read'),
  }
  closed = await workspace.serve('--require-key')
  open = await workspace.serve()
  const port = Number(closed.grpcAddress.split(':').at(-1))
  grpc = connectGrpc(GRPCInferenceService, port)
  health = connectGrpc(Health, port)
})
afterAll(async () => {
  grpc?.close()
  health?.close()
  await workspace.remove()
})

async function createKey(...args: readonly string[]): Promise<Key> {
  return (await workspace.json('keys', 'create', 'a key', ...args)) as Key
}

/** Puts the end of a key into the past: a key is not made that way. */
function expire(key: Key): Key {
  const path = join(workspace.state, 'keys.json')
  const text = readFileSync(path, 'utf8')
  const changed = text.replace(/"2099-01-01[^"]*"/, '"2020-01-01T00:00:00.000Z"')
  expect(changed).not.toBe(text)
  writeFileSync(path, changed)
  return key
}

/** Asks the server that wants keys. */
function ask(path: string, key: Key | string | null, body?: unknown): Promise<HttpReply> {
  const token = typeof key === 'string' ? key : key?.token
  return send(closed.url + path, { body, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
}

async function statusOf(path: string, key: Key | string | null, body?: unknown): Promise<number> {
  return (await ask(path, key, body)).status
}

/** One prediction in each protocol. */
function predictions(model: string): Readonly<Record<string, readonly [path: string, body: unknown]>> {
  return {
    native: [`/models/${model}/predict`, { x: 1 }],
    'native, by alias': [`/models/${model}@champion/predict`, { rows: [{ x: 1 }] }],
    oip: [`/v2/models/${model}/infer`, { inputs: [{ name: 'x', datatype: 'FP64', shape: [1, 1], data: [1] }] }],
    'oip, by version': [`/v2/models/${model}/versions/1/infer`, { inputs: [{ name: 'x', datatype: 'FP64', shape: [1, 1], data: [1] }] }],
    tfserving: [`/v1/models/${model}:predict`, { instances: [1] }],
    'tfserving, by label': [`/v1/models/${model}/labels/champion:predict`, { instances: [1] }],
    mlflow: [`/models/${model}/invoke`, { dataframe_records: [{ x: 1 }] }],
    torchserve: [`/predictions/${model}`, { x: 1 }],
  }
}

describe('a server that wants keys', () => {
  it('answers health to everybody', async () => {
    for (const path of ['/v2/health/live', '/v2/health/ready', '/livez', '/readyz', '/ping']) expect(await statusOf(path, null)).toBe(200)
  })

  it.each(Object.keys(predictions('')))('answers predictions by scope and by model: %s', async (protocol) => {
    const [alphaPath, body] = predictions('alpha')[protocol]!
    const [betaPath] = predictions('beta')[protocol]!
    const statuses = async (key: Key | string | null): Promise<number[]> =>
      Promise.all([statusOf(alphaPath, key, body), statusOf(betaPath, key, body)])
    expect(await statuses(null)).toEqual([401, 401])
    expect(await statuses(keys.alpha)).toEqual([200, 403])
    expect(await statuses(keys.reader)).toEqual([403, 403])
    expect(await statuses(keys.admin)).toEqual([200, 200])
    expect(await statuses(keys.expired)).toEqual([401, 401])
  })

  it('answers a prediction for the model that a header names by that model', async () => {
    const invoke = async (model: string): Promise<number> => {
      const headers = {
        authorization: `Bearer ${keys.alpha.token}`,
        'x-amzn-sagemaker-target-model': model,
        'content-type': 'application/json',
      }
      return (await send(`${closed.url}/invocations`, { body: { dataframe_records: [{ x: 1 }] }, headers })).status
    }
    expect(await invoke('alpha')).toBe(200)
    expect(await invoke('beta')).toBe(403)
  })

  it('shows metadata, metrics and the index to readers', async () => {
    for (const path of [
      '/models',
      '/models/alpha',
      '/v2',
      '/v2/models/alpha',
      '/v2/models/alpha/stats',
      '/v1/models/alpha/metadata',
      '/metrics',
    ]) {
      expect([path, await statusOf(path, null)]).toEqual([path, 401])
      expect([path, await statusOf(path, keys.alpha)]).toEqual([path, 403])
      expect([path, await statusOf(path, keys.reader)]).toEqual([path, 200])
    }
    expect(await statusOf('/v2/repository/index', keys.reader, {})).toBe(200)
    expect(await statusOf('/v2/repository/index', null, {})).toBe(401)
  })

  it('loads and unloads for the scope admin only', async () => {
    for (const call of ['unload', 'load']) {
      const path = `/v2/repository/models/beta/${call}`
      expect(await statusOf(path, null, {})).toBe(401)
      for (const key of [keys.alpha, keys.reader, keys.deployer]) expect(await statusOf(path, key, {})).toBe(403)
      expect(await statusOf(path, keys.admin, {})).toBe(200)
    }
    expect(await statusOf('/models/beta/predict', keys.admin, { x: 1 })).toBe(200)
  })

  it('does not tell a wrong key from an unknown one, nor repeats it', async () => {
    const wrong = `${keys.admin.token.slice(0, -4)}AAAA`
    const replies = await Promise.all([wrong, 'slp_00000000_nothing', keys.expired.token].map((token) => ask('/models', token)))
    const bodies = replies.map(({ status, text }) => [status, text.replace(/"requestId":"[^"]*"/, '')])
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1)
    expect(bodies[0]![0]).toBe(401)
    expect(replies[0]!.text).not.toContain(wrong)
    expect(closed.output()).not.toContain(keys.admin.token)
  })

  it('answers gRPC calls by the same rules', async () => {
    const infer = async (model: string, key: Key | null): Promise<number> => {
      const inputs = [{ name: 'x', datatype: 'FP64', shape: [1n, 1n], contents: { fp64Contents: [1] } }]
      const metadata = key === null ? {} : { authorization: `Bearer ${key.token}` }
      return (await grpc.modelInfer({ modelName: model, inputs }, { metadata })).code
    }
    expect(await infer('alpha', null)).toBe(unauthenticated)
    expect(await infer('alpha', keys.alpha)).toBe(ok)
    expect(await infer('beta', keys.alpha)).toBe(permissionDenied)
    expect(await infer('alpha', keys.reader)).toBe(permissionDenied)
    expect(await infer('beta', keys.admin)).toBe(ok)
    expect(await infer('beta', keys.expired)).toBe(unauthenticated)
    const of = ({ token }: Key): { metadata: Record<string, string> } => ({ metadata: { authorization: `Bearer ${token}` } })
    expect((await grpc.modelMetadata({ name: 'alpha' }, of(keys.alpha))).code).toBe(permissionDenied)
    expect((await grpc.modelMetadata({ name: 'alpha' }, of(keys.reader))).code).toBe(ok)
    expect((await grpc.repositoryModelLoad({ modelName: 'alpha' }, of(keys.reader))).code).toBe(permissionDenied)
    expect((await grpc.repositoryModelLoad({ modelName: 'alpha' }, of(keys.admin))).code).toBe(ok)
    expect((await grpc.serverLive({})).code).toBe(ok)
    expect((await health.check({ service: '' })).code).toBe(ok)
  })

  it('stops taking a key within a second or so after it was revoked', async () => {
    expect(await statusOf('/models', keys.gone)).toBe(200)
    await workspace.json('keys', 'revoke', keys.gone.id)
    await until('the key is refused', async () => (await statusOf('/models', keys.gone)) === 401, 1500)
    expect((await grpc.serverMetadata({}, { metadata: { authorization: `Bearer ${keys.gone.token}` } })).code).toBe(unauthenticated)
  })

  it('takes a key that was made after it started', async () => {
    const { token } = await createKey('--scopes', 'predict')
    const taken = until('the key is taken', async () => (await statusOf('/models/beta/predict', token, { x: 1 })) === 200, 1500)
    await expect(taken).resolves.toBe(true)
  })
})

describe('the keys of a state folder', () => {
  it('are stored without their secrets, for their owner only', async () => {
    const path = join(workspace.state, 'keys.json')
    const text = readFileSync(path, 'utf8')
    for (const { token, id } of Object.values(keys)) {
      expect(text).toContain(id)
      expect(text).not.toContain(token.split('_').at(-1))
    }
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(workspace.state, 'admin-token')).mode & 0o777).toBe(0o600)
    const listed = await workspace.run('keys', 'list')
    expect(listed.stdout).toContain(keys.alpha.id)
    expect(listed.stdout).not.toContain(keys.alpha.token)
    expect(JSON.stringify(await workspace.json('keys', 'list'))).not.toMatch(/hash/)
  })

  it('are refused with words that nobody knows', async () => {
    expect((await workspace.run('keys', 'revoke', 'nobody')).code).toBe(2)
    expect((await workspace.run('keys', 'create', 'x', '--scopes', 'fly')).code).toBe(2)
    expect((await workspace.run('keys', 'create', 'x', '--expires', 'soon')).code).toBe(2)
    expect((await workspace.run('keys', 'create', 'x', '--expires', '2020-01-01')).code).toBe(2)
  })
})

describe('a server that wants no keys', () => {
  const unload = (headers: Record<string, string>): Promise<HttpReply> =>
    send(`${open.url}/v2/repository/models/beta/unload`, { body: {}, headers })

  it('loads and unloads for callers on this machine', async () => {
    expect((await unload({})).status).toBe(200)
    expect((await send(`${open.url}/models/beta/predict`, { body: { x: 1 } })).status).toBe(404)
    expect((await send(`${open.url}/v2/repository/models/beta/load`, { body: {} })).status).toBe(200)
    expect((await send(`${open.url}/models/beta/predict`, { body: { x: 1 } })).status).toBe(200)
  })

  it('does not for calls that a proxy passes on, or that a web page makes', async () => {
    for (const headers of [{ 'x-forwarded-for': '192.0.2.7' }, { origin: 'https://example.com' }, { host: 'rebound.example.com' }]) {
      expect((await unload(headers)).status).toBe(401)
    }
    expect((await send(`${open.url}/models/beta/predict`, { body: { x: 1 } })).status).toBe(200)
  })

  it('never loads by URL', async () => {
    const byUrl = await send(`${open.url}/models`, { body: { model_name: 'far', url: 'http://127.0.0.1:9/model.onnx' } })
    expect(byUrl.status).toBe(501)
    const byQuery = await send(`${open.url}/models?url=http://127.0.0.1:9/model.mar&model_name=far`, { method: 'POST' })
    expect(byQuery.status).toBe(501)
    const file = { parameters: { 'file:1/model.onnx': 'AAAA' } }
    expect((await send(`${open.url}/v2/repository/models/beta/load`, { body: file })).status).toBe(501)
  })
})
