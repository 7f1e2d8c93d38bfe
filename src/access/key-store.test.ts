import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseApiKey } from './api-key.js'
import { createKeyStore } from './key-store.js'

let folder = ''
let path = ''
let timeMs = 0
const clock = { now: () => timeMs, monotonic: () => timeMs }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-keys-'))
  path = join(folder, 'state', 'keys.json')
  timeMs = Date.UTC(2030, 0, 1)
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a new key verifies, and shows what it may do', async () => {
  const keys = createKeyStore(path, { clock })
  const { token, key } = await keys.create({ name: 'shop', scopes: ['predict', 'read'], models: ['fraud'] })
  expect(parseApiKey(token)?.id).toBe(key.id)
  expect(keys.verify(token)).toEqual(key)
  expect(key).toMatchObject({ name: 'shop', scopes: ['predict', 'read'], models: ['fraud'], createdAt: '2030-01-01T00:00:00.000Z' })
})

test('the file holds no secret and is for its owner only', async () => {
  const { token } = await createKeyStore(path).create({ name: 'shop', scopes: ['predict'] })
  const text = readFileSync(path, 'utf8')
  expect(text).not.toContain(parseApiKey(token)?.secret)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('wrong secrets, unknown ids and other texts do not verify', async () => {
  const keys = createKeyStore(path)
  const { token } = await keys.create({ name: 'shop', scopes: ['predict'] })
  const last = token.endsWith('A') ? 'B' : 'A'
  const id = token.slice(4, 20)
  for (const wrong of ['', 'slp_', `${token.slice(0, -1)}${last}`, token.replace(id, '0'.repeat(16)), `${token} `, 'Bearer x']) {
    expect(keys.verify(wrong)).toBeNull()
  }
})

test('a revoked key stops at once, and stays in the list', async () => {
  const keys = createKeyStore(path, { clock })
  const { token, key } = await keys.create({ name: 'shop', scopes: ['predict'] })
  await keys.revoke(key.id)
  expect(keys.verify(token)).toBeNull()
  expect(keys.list()).toMatchObject([{ id: key.id, revokedAt: '2030-01-01T00:00:00.000Z' }])
})

test('revoking an id that no key has says so', async () => {
  await expect(createKeyStore(path).revoke('abc')).rejects.toMatchObject({ code: 'USAGE' })
})

test('a key that would have expired already is not made', async () => {
  const keys = createKeyStore(path, { clock })
  for (const expiresAt of [new Date(timeMs - 1), new Date(timeMs)]) {
    await expect(keys.create({ name: 'late', scopes: ['predict'], expiresAt })).rejects.toMatchObject({ code: 'USAGE' })
  }
  expect(keys.list()).toEqual([])
})

test('a key stops working when it expires', async () => {
  const keys = createKeyStore(path, { clock })
  const { token } = await keys.create({ name: 'week', scopes: ['predict'], expiresAt: new Date(timeMs + 1000) })
  timeMs += 999
  expect(keys.verify(token)).not.toBeNull()
  timeMs += 1
  expect(keys.verify(token)).toBeNull()
})

test('changes of another process are seen within a second', async () => {
  const ours = createKeyStore(path, { clock })
  const theirs = createKeyStore(path, { clock })
  const { token, key } = await theirs.create({ name: 'shop', scopes: ['predict'] })
  timeMs += 1000
  expect(ours.verify(token)?.id).toBe(key.id)
  await theirs.revoke(key.id)
  timeMs += 1000
  expect(ours.verify(token)).toBeNull()
})

test('keys created at the same time by several stores are all kept', async () => {
  const made = await Promise.all(
    Array.from({ length: 12 }, (_, i) => createKeyStore(path).create({ name: `key ${i}`, scopes: ['predict'] })),
  )
  const keys = createKeyStore(path)
  expect(keys.list()).toHaveLength(12)
  for (const { token } of made) expect(keys.verify(token)).not.toBeNull()
})

test('a lock left by a process that died is taken over', async () => {
  const keys = createKeyStore(path)
  await keys.create({ name: 'one', scopes: ['predict'] })
  writeFileSync(`${path}.lock`, '')
  utimesSync(`${path}.lock`, new Date(0), new Date(0))
  await keys.create({ name: 'two', scopes: ['predict'] })
  expect(keys.list()).toHaveLength(2)
})

test('a damaged file is refused at start, and keeps the last keys in force later', async () => {
  const errors: string[] = []
  const quiet = () => undefined
  const logger = { debug: quiet, info: quiet, warn: quiet, error: (_: object, message: string) => errors.push(message) }
  const keys = createKeyStore(path, { clock, logger })
  const { token } = await keys.create({ name: 'shop', scopes: ['predict'] })
  for (const text of ['{', '{}', '{"schema":1,"keys":[{"id":"x"}]}', '{"schema":2,"keys":[]}', 'null']) {
    writeFileSync(path, text)
    expect(() => createKeyStore(path)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    timeMs += 1000
    expect(keys.verify(token)).not.toBeNull()
  }
  expect(errors).toHaveLength(5)
})

test('a key without a known scope, model or date is not made', async () => {
  const keys = createKeyStore(path)
  await expect(keys.create({ name: 'x', scopes: [] })).rejects.toMatchObject({ code: 'USAGE' })
  await expect(keys.create({ name: 'x', scopes: ['root' as never] })).rejects.toMatchObject({ code: 'USAGE' })
  await expect(keys.create({ name: 'x', scopes: ['read'], models: [] })).rejects.toMatchObject({ code: 'USAGE' })
  await expect(keys.create({ name: 'x', scopes: ['read'], expiresAt: new Date('never') })).rejects.toMatchObject({ code: 'USAGE' })
  expect(keys.list()).toEqual([])
})

test('a server knows whether an admin key works', async () => {
  const keys = createKeyStore(path, { clock })
  expect(keys.grants('admin')).toBe(false)
  await keys.create({ name: 'narrow', scopes: ['admin'], models: ['fraud'] })
  expect(keys.grants('admin')).toBe(false)
  const { key } = await keys.create({ name: 'ops', scopes: ['admin'] })
  expect(keys.grants('admin')).toBe(true)
  await keys.revoke(key.id)
  expect(keys.grants('admin')).toBe(false)
})
