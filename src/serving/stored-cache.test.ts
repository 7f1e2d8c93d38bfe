import { describe, expect, it } from 'vitest'
import { createStoredCache } from './stored-cache.js'

const value = { head: 'x'.repeat(100), codes: '' }

describe('the cache of stored predictions', () => {
  it('gives what was put, also that a key is not there', () => {
    const cache = createStoredCache({ bytes: 10_000, used: 0 })
    cache.put('a', value)
    cache.put('b', null)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([value, null, undefined])
  })

  it('drops what was not used for longest when its bytes are spent', () => {
    const budget = { bytes: 1200, used: 0 }
    const cache = createStoredCache(budget)
    for (const key of ['a', 'b', 'c']) cache.put(key, value)
    cache.get('a')
    cache.put('d', value)
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true])
    expect(budget.used).toBeLessThanOrEqual(budget.bytes)
    cache.clear()
    expect(budget.used).toBe(0)
  })

  it('does not keep what is larger than all of it', () => {
    const budget = { bytes: 100, used: 0 }
    createStoredCache(budget).put('a', value)
    expect(budget.used).toBe(0)
  })
})
