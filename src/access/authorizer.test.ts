import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SlipwayError } from '../core/errors.js'
import { createAuthorizer } from './authorizer.js'
import type { AuthorizationRequest, Authorizer } from './authorizer.js'
import { createKeyStore } from './key-store.js'
import type { KeyStore } from './key-store.js'
import type { Scope } from './scope.js'

let folder = ''
let keys: KeyStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-access-'))
  keys = createKeyStore(join(folder, 'keys.json'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** `ok`, or the code of the refusal. */
function outcome(authorizer: Authorizer, request: Partial<AuthorizationRequest>): string {
  try {
    authorizer.authorize({ token: null, scope: 'predict', model: 'fraud', loopback: false, ...request })
    return 'ok'
  } catch (error) {
    return error instanceof SlipwayError ? error.code : String(error)
  }
}

test('without required keys, predicting and reading are open and the rest is for this machine', () => {
  const authorizer = createAuthorizer({ requireKey: false, keys })
  const open: Scope[] = ['predict', 'read']
  const closed: Scope[] = ['feedback', 'deploy', 'admin']
  for (const scope of open) expect(outcome(authorizer, { scope })).toBe('ok')
  for (const scope of closed) {
    expect(outcome(authorizer, { scope })).toBe('UNAUTHENTICATED')
    expect(outcome(authorizer, { scope, loopback: true })).toBe('ok')
  }
  expect(outcome(authorizer, { scope: 'read', model: null })).toBe('ok')
})

test('with required keys every call needs one, from this machine too', () => {
  const authorizer = createAuthorizer({ requireKey: true, keys })
  for (const scope of ['predict', 'read', 'feedback', 'deploy', 'admin'] as const) {
    expect(outcome(authorizer, { scope, loopback: true })).toBe('UNAUTHENTICATED')
  }
})

test('a key opens what its scopes and models say', async () => {
  const authorizer = createAuthorizer({ requireKey: true, keys })
  const { token, key } = await keys.create({ name: 'shop', scopes: ['predict'], models: ['fraud*'] })
  expect(authorizer.authorize({ token, scope: 'predict', model: 'fraud-eu', loopback: false })).toMatchObject({ kind: 'key', id: key.id })
  expect(outcome(authorizer, { token, model: 'digits' })).toBe('FORBIDDEN')
  expect(outcome(authorizer, { token, scope: 'admin' })).toBe('FORBIDDEN')
  await keys.revoke(key.id)
  expect(outcome(authorizer, { token })).toBe('UNAUTHENTICATED')
})

test('an admin key loads and unloads over the network', async () => {
  const authorizer = createAuthorizer({ requireKey: false, keys })
  const { token } = await keys.create({ name: 'ops', scopes: ['admin'] })
  expect(outcome(authorizer, { token, scope: 'admin' })).toBe('ok')
})

test('the admin token does everything, a text like it nothing', () => {
  const authorizer = createAuthorizer({ requireKey: true, keys, adminToken: 'slp_admin_secret' })
  expect(authorizer.authorize({ token: 'slp_admin_secret', scope: 'admin', model: null, loopback: false }).kind).toBe('admin-token')
  expect(outcome(authorizer, { token: 'slp_admin_secreT', scope: 'read' })).toBe('UNAUTHENTICATED')
})

test('a foreign token does not close an open call', () => {
  const authorizer = createAuthorizer({ requireKey: false, keys })
  expect(authorizer.authorize({ token: 'of-a-proxy', scope: 'predict', model: 'fraud', loopback: false }).kind).toBe('anonymous')
})
