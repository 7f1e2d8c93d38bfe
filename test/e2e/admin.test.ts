import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identityModel } from '../fixtures/models.js'
import { type HttpReply, send } from '../support/http.js'
import type { ServerProcess } from '../support/slipway.js'
import { until } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

interface Key {
  readonly id: string
  readonly token: string
}

let workspace: Workspace
let server: ServerProcess
let keys: Readonly<Record<'reader' | 'predictor' | 'deployer', Key>>

beforeAll(async () => {
  workspace = await openWorkspace()
  await workspace.json('models', 'add', await workspace.file('alpha.onnx', identityModel('float32')))
  await workspace.json('models', 'add', await workspace.file('v2/alpha.onnx', identityModel('float64')))
  await workspace.json('models', 'add', await workspace.file('beta.onnx', identityModel('float32')))
  keys = { reader: await createKey('read'), predictor: await createKey('predict'), deployer: await createKey('deploy') }
  server = await workspace.serve()
})
afterAll(() => workspace.remove())

async function createKey(scope: string): Promise<Key> {
  return (await workspace.json('keys', 'create', 'a key', '--scopes', scope)) as Key
}

describe('the admin API', () => {
  const token = (): string => readFileSync(join(workspace.state, 'admin-token'), 'utf8').trim()

  function admin(path: string, { key, body }: { key?: string | null; body?: unknown } = {}): Promise<HttpReply> {
    const bearer = key === undefined ? token() : key
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    return send(server.adminUrl + path, { body, headers: { ...type, ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) } })
  }

  it('wants a token, on this machine too, for everything but its liveness', async () => {
    const calls = [
      ['/admin', undefined],
      ['/admin/models', undefined],
      ['/admin/models/alpha', undefined],
      ['/admin/models/alpha/promote', { version: 2 }],
      ['/admin/models/alpha/rollback', {}],
      ['/admin/models/alpha/load', {}],
      ['/admin/models/alpha/unload', {}],
    ] as const
    for (const [path, body] of calls) {
      for (const key of [null, 'slp_admin_wrong', `${token()}x`]) {
        const { status, text } = await admin(path, { key, body })
        expect({ path, status }).toEqual({ path, status: 401 })
        expect(text).toContain('UNAUTHENTICATED')
      }
    }
    expect((await admin('/livez', { key: null })).status).toBe(200)
  })

  it('shows, promotes, rolls back, unloads and loads, and the journal says who did', async () => {
    const served = async (): Promise<string> => ((await send(`${server.url}/models/alpha`)).json() as { version: string }).version
    expect((await admin('/admin')).json()).toMatchObject({ service: 'slipway', pid: server.pid })
    expect((await admin('/admin/models')).json()).toMatchObject({ models: [{ name: 'alpha' }, { name: 'beta' }] })
    const promoted = await admin('/admin/models/alpha/promote', { body: { version: 2, reason: 'better' } })
    expect({ status: promoted.status, text: promoted.text }).toMatchObject({ status: 200 })
    await until('version 2 is served', async () => (await served()) === '2', 1500)
    expect((await admin('/admin/models/alpha/rollback', { body: {} })).status).toBe(200)
    await until('version 1 is served', async () => (await served()) === '1', 1500)
    expect((await admin('/admin/models/alpha/unload', { body: {} })).status).toBe(200)
    expect((await send(`${server.url}/models/alpha`)).status).toBe(404)
    expect((await admin('/admin/models/alpha/load', { body: {} })).status).toBe(200)
    expect(await served()).toBe('1')
    const { journal } = (await admin('/admin/models/alpha')).json() as {
      journal: { action: string; actor: string; reason: string | null }[]
    }
    expect(journal.slice(-2)).toMatchObject([
      { action: 'promote', actor: 'admin token', reason: 'better' },
      { action: 'rollback', actor: 'admin token' },
    ])
  })

  it('takes keys by their scope, and the journal names them by id', async () => {
    expect((await admin('/admin/models', { key: keys.reader.token })).status).toBe(200)
    expect((await admin('/admin/models/beta/promote', { key: keys.reader.token, body: { version: 1 } })).status).toBe(403)
    expect((await admin('/admin/models/beta/promote', { key: keys.predictor.token, body: { version: 1 } })).status).toBe(403)
    const blue = { version: 1, alias: 'blue' }
    expect((await admin('/admin/models/beta/promote', { key: keys.deployer.token, body: blue })).status).toBe(200)
    const { journal } = (await workspace.json('models', 'show', 'beta')) as { journal: { actor: string }[] }
    expect(journal.at(-1)?.actor).toBe(`key:${keys.deployer.id}`)
  })

  it('says what is wrong with a call', async () => {
    const codeOf = async (path: string, body?: unknown): Promise<[number, string]> => {
      const reply = await admin(path, { body })
      return [reply.status, (reply.json() as { error: { code: string } }).error.code]
    }
    expect(await codeOf('/admin/models/nobody')).toEqual([404, 'MODEL_UNKNOWN'])
    expect(await codeOf('/admin/models/alpha/promote', { version: 99 })).toEqual([404, 'VERSION_UNKNOWN'])
    expect(await codeOf('/admin/models/alpha/promote', {})).toEqual([400, 'INVALID_REQUEST'])
    expect(await codeOf('/admin/models/alpha/promote', { version: 1, alias: 7 })).toEqual([400, 'INVALID_REQUEST'])
    expect(await codeOf('/admin/models/alpha/promote', { version: 2, expect: 'stale' })).toEqual([409, 'ALIAS_CONFLICT'])
    expect(await codeOf('/admin/models/alpha/promote', '{')).toEqual([400, 'INVALID_JSON'])
    expect(await codeOf('/admin/nothing')).toEqual([404, 'ROUTE_UNKNOWN'])
  })
})
