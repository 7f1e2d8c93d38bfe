import { expect, test } from 'vitest'
import { systemClock } from './clock.js'
import { createIdSource } from './ids.js'

const random = (bytes: Uint8Array<ArrayBuffer>): Uint8Array => crypto.getRandomValues(bytes)

test('ids are short, fit for headers, and do not repeat within a source or between sources', () => {
  const sources = Array.from({ length: 50 }, () => createIdSource(random))
  const ids = sources.flatMap((next) => Array.from({ length: 100 }, next))
  expect(new Set(ids).size).toBe(5000)
  expect(ids.every((id) => /^[0-9a-z]{13,16}$/.test(id))).toBe(true)
})

test('a source that draws nothing but zeros still gives prefixes of one length', () => {
  const next = createIdSource((bytes) => bytes)
  expect([next(), next()]).toEqual(['0000000000000', '0000000000001'])
})

test('the system clock tells the time and never goes back', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000)
  const first = systemClock.monotonic()
  expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first)
})
