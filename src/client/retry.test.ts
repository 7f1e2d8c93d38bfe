import { expect, test } from 'vitest'
import { isRetryable, retryAfterMs, retryDelayMs } from './retry.js'

test('only 429 and 503 are worth another try', () => {
  expect([200, 400, 404, 429, 500, 502, 503, 504].filter(isRetryable)).toEqual([429, 503])
})

test('Retry-After is read as seconds and as a date', () => {
  const now = Date.UTC(2030, 0, 1)
  expect(retryAfterMs('3', now)).toBe(3000)
  expect(retryAfterMs('Tue, 01 Jan 2030 00:00:02 GMT', now)).toBe(2000)
  expect(retryAfterMs('Mon, 31 Dec 2029 00:00:00 GMT', now)).toBe(0)
  expect(retryAfterMs('soon', now)).toBeNull()
  expect(retryAfterMs(null, now)).toBeNull()
})

test('without Retry-After the limit of the wait doubles, up to five seconds', () => {
  const longest = (attempt: number): number => retryDelayMs(attempt, { retryAfter: null, now: 0, random: 1 })
  expect([0, 1, 2, 3].map(longest)).toEqual([100, 200, 400, 800])
  expect(longest(20)).toBe(5000)
  expect(retryDelayMs(3, { retryAfter: null, now: 0, random: 0.25 })).toBe(200)
  expect(retryDelayMs(3, { retryAfter: '2', now: 0, random: 0.25 })).toBe(2000)
})
