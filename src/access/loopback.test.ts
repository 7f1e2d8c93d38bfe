import { expect, test } from 'vitest'
import { assertSafeBinding } from './binding.js'
import { bearerToken } from './bearer.js'
import { isLoopbackAddress, isLoopbackCaller, isLoopbackHost } from './loopback.js'

test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '[::1]'])('%s is loopback', (address) => {
  expect(isLoopbackAddress(address)).toBe(true)
})

test.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '::ffff:10.0.0.1', '1', '', 'example.org', undefined])('%s is not', (address) => {
  expect(isLoopbackAddress(address)).toBe(false)
})

test('localhost is a loopback host, a name that looks like it is not', () => {
  expect(['localhost', 'LOCALHOST', 'a.localhost'].every(isLoopbackHost)).toBe(true)
  expect(['localhost.example.org', 'notlocalhost', '127.0.0.1.example.org'].some(isLoopbackHost)).toBe(false)
})

test('a caller on this machine counts as local only when it acts for itself', () => {
  const local = (headers: Record<string, string>) => isLoopbackCaller({ address: '127.0.0.1', headers })
  expect(local({ host: 'localhost:8080' })).toBe(true)
  expect(local({ host: '127.0.0.1:8080', origin: 'http://localhost:8080' })).toBe(true)
  expect(local({ ':authority': '[::1]:8081' })).toBe(true)
  expect(local({ host: '127.0.0.1:8080', 'x-forwarded-for': '203.0.113.7' })).toBe(false)
  expect(local({ host: '127.0.0.1:8080', origin: 'https://evil.example' })).toBe(false)
  expect(local({ host: '127.0.0.1:8080', origin: 'null' })).toBe(false)
  expect(local({ host: 'rebound.example:8080' })).toBe(false)
  expect(isLoopbackCaller({ address: '10.1.2.3', headers: { host: 'localhost' } })).toBe(false)
})

test('an admin port for other machines needs an admin key', () => {
  const binding = { host: '127.0.0.1', adminHost: '0.0.0.0', requireKey: true, hasAdminKey: false }
  expect(() => assertSafeBinding(binding)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  expect(assertSafeBinding({ ...binding, hasAdminKey: true })).toEqual([])
  expect(assertSafeBinding({ ...binding, adminHost: '127.0.0.1' })).toEqual([])
  expect(assertSafeBinding({ ...binding, adminHost: null })).toEqual([])
})

test('an open data port for other machines is worth a warning', () => {
  const warnings = assertSafeBinding({ host: '0.0.0.0', adminHost: null, requireKey: false, hasAdminKey: false })
  expect(warnings).toEqual([expect.stringContaining('0.0.0.0')])
})

test('a bearer token is read in any case of its scheme, other schemes are not', () => {
  expect(bearerToken('Bearer abc')).toBe('abc')
  expect(bearerToken('bearer  abc ')).toBe('abc')
  expect([bearerToken(undefined), bearerToken('Basic abc'), bearerToken('Bearer'), bearerToken('Bearer a b')]).toEqual([
    null,
    null,
    null,
    null,
  ])
})
