import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureAdminToken } from './admin-token.js'

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'slipway-token-'))))
afterEach(() => rmSync(folder, { recursive: true }))

test('the first start makes a token, later starts read it', async () => {
  const path = join(folder, 'state', 'admin-token')
  const token = await ensureAdminToken(path)
  expect(token).toMatch(/^slp_admin_[\w-]{43}$/)
  expect(await ensureAdminToken(path)).toBe(token)
  expect(readFileSync(path, 'utf8')).toBe(`${token}\n`)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('processes that start together agree on one token and leave no other file', async () => {
  const tokens = await Promise.all(Array.from({ length: 8 }, () => ensureAdminToken(join(folder, 'admin-token'))))
  expect(new Set(tokens).size).toBe(1)
  expect(readdirSync(folder)).toEqual(['admin-token'])
})

test('a token that could be guessed is refused', async () => {
  const path = join(folder, 'admin-token')
  writeFileSync(path, 'secret\n')
  await expect(ensureAdminToken(path)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
