import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthorizer } from '../../src/access/authorizer.js'
import { createKeyStore } from '../../src/access/key-store.js'
import { allRoutes } from '../../src/targets/http/all-routes.js'
import { defaultLimits } from '../../src/targets/http/limits.js'
import { routeParts } from '../../src/targets/http/route-parts.js'
import type { Route } from '../../src/targets/http/route.js'
import type { WireRequest } from '../fixtures/protocols/exchange.js'
import { send } from '../fixtures/protocols/exchange.js'
import { protocolModels } from '../fixtures/protocols/models.js'
import type { TestServer } from '../fixtures/protocols/serve-models.js'
import { serveModels } from '../fixtures/protocols/serve-models.js'

const models = protocolModels().filter(({ name }) => name === 'many' || name === 'iris')
const row = { amount: 1.5, count: 1, member: true, country: 'DE' }

let folder: string
let closed: TestServer
let open: TestServer
const keys: Record<string, string> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-keys-'))
  const store = createKeyStore(join(folder, 'keys.json'))
  keys['predict'] = (await store.create({ name: 'p', scopes: ['predict'], models: ['many'] })).token
  keys['read'] = (await store.create({ name: 'r', scopes: ['read'] })).token
  keys['admin'] = (await store.create({ name: 'a', scopes: ['admin'] })).token
  closed = await serveModels(models, { authorizer: createAuthorizer({ requireKey: true, keys: store }), defaultModel: 'many' })
  open = await serveModels(models, { authorizer: createAuthorizer({ requireKey: false, keys: store }), defaultModel: 'many' })
})
afterAll(async () => {
  await closed.close()
  await open.close()
  await rm(folder, { recursive: true, force: true })
})

const withKey = (name: string): Record<string, string> => ({
  authorization: `Bearer ${keys[name] ?? 'sk_wrong'}`,
  'content-type': 'application/json',
})

function routesOf({ plane }: TestServer): Route[] {
  const options = {
    plane,
    logger: console,
    clock: { now: Date.now, monotonic: () => performance.now() },
    server: { name: 'x', version: '1' },
  }
  return allRoutes(routeParts(options, { limits: defaultLimits, isDraining: () => false }))
}

function requestOf({ method, pattern }: Route): WireRequest {
  const path = pattern
    .replaceAll(/:(?:model|target|endpoint)/g, 'many')
    .replace(/:version|:label/, '1')
    .replace('*', 'x.js')
  return { method, path, headers: { 'content-type': 'application/json' } }
}

describe('a server that requires keys', () => {
  it('refuses every call without one, but for health and pages', async () => {
    const routes = routesOf(closed)
    const outcomes = await Promise.all(
      routes.map(async (route) => ({
        call: `${route.method} ${route.pattern}`,
        scope: route.scope,
        answer: await send(closed.port, requestOf(route)),
      })),
    )
    const refused = outcomes.filter(({ answer }) => answer.status === 401)
    expect(refused.map(({ call }) => call)).toEqual(outcomes.filter(({ scope }) => scope !== 'open').map(({ call }) => call))
    expect(refused.map(({ answer }) => answer.headers['www-authenticate'])).toEqual(refused.map(() => 'Bearer'))
    expect(
      outcomes
        .filter(({ scope }) => scope === 'open')
        .map(({ call }) => call)
        .toSorted(),
    ).toEqual(
      [
        'GET /',
        'GET /docs',
        'GET /assets/*',
        'GET /ping',
        'GET /livez',
        'GET /health/live',
        'GET /-/healthz',
        'GET /readyz',
        'GET /healthz',
        'GET /health',
        'GET /health-check',
        'GET /health/ready',
        'GET /-/ready',
        'GET /v2/health/live',
        'GET /v2/health/ready',
      ].toSorted(),
    )
  })

  it.each([
    ['the call of its model', 'predict', { path: '/models/many/predict', body: row }, 200],
    ['the call of its model, by alias', 'predict', { path: '/models/many@champion/predict', body: row }, 200],
    ['the call of its model, by a wildcard path', 'predict', { path: '/v1/models/many:predict', body: { instances: [row] } }, 200],
    ['the default model', 'predict', { path: '/invocations', body: { instances: [row] } }, 200],
    ['another model', 'predict', { path: '/models/iris/predict', body: { 'input-0': [1, 2, 3, 4] } }, 403],
    ['another model, by a wildcard path', 'predict', { path: '/v1/models/iris:predict', body: { instances: [] } }, 403],
    ['another model, by header', 'predict', { path: '/invocations', body: {}, headers: { 'x-amzn-sagemaker-target-model': 'iris' } }, 403],
    ['reading with a key that predicts', 'predict', { path: '/v2/models/many' }, 403],
    ['reading', 'read', { path: '/v2/models/many' }, 200],
    ['predicting with a key that reads', 'read', { path: '/models/many/predict', body: row }, 403],
    ['loading with a key that reads', 'read', { path: '/v2/repository/models/many/load', body: {} }, 403],
    ['loading', 'admin', { path: '/v2/repository/models/many/load', body: {} }, 200],
    ['a wrong key', 'wrong', { path: '/models/many/predict', body: row }, 401],
  ] as const)('judges %s by the key', async (_, key, request, status) => {
    const headers = { ...withKey(key), ...('headers' in request ? request.headers : {}) }
    expect((await send(closed.port, { ...request, headers })).status).toBe(status)
  })

  it('refuses before it reads the body', async () => {
    expect((await send(closed.port, { path: '/models/many/predict', body: '{"broken' })).status).toBe(401)
  })
})

describe('a server without required keys', () => {
  const load = { method: 'POST', path: '/v2/repository/models/many/load' }

  it('lets anybody predict and read', async () => {
    expect((await send(open.port, { path: '/models/many/predict', body: row })).status).toBe(200)
    expect((await send(open.port, { method: 'POST', path: '/v2/repository/index' })).status).toBe(200)
  })

  it('lets this machine load and unload', async () => {
    expect((await send(open.port, load)).status).toBe(200)
  })

  it.each([
    ['a web page of another site', { origin: 'https://evil.example' }],
    ['a name rebound to this machine', { host: 'evil.example' }],
    ['a proxy that passes on', { 'x-forwarded-for': '203.0.113.9' }],
  ])('does not take %s for this machine', async (_, headers) => {
    expect((await send(open.port, { ...load, headers })).status).toBe(401)
    expect((await send(open.port, { ...load, headers: { ...headers, ...withKey('admin') } })).status).toBe(200)
  })
})

it('answers 405 with Allow for every method that a path lacks', async () => {
  const routes = routesOf(open).filter(({ pattern }) => !pattern.includes('*'))
  const wrong = await Promise.all(routes.map((route) => send(open.port, { ...requestOf(route), method: 'PATCH' })))
  expect(wrong.map(({ status }) => status)).toEqual(routes.map(() => 405))
  expect(wrong.map(({ headers }, i) => headers.allow?.split(', ').includes(routes[i]!.method))).toEqual(routes.map(() => true))
})
