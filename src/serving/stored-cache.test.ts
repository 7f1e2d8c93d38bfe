import { describe, expect, it } from 'vitest'
import { StoredMemory } from './stored-cache.js'

const value = { head: 'x'.repeat(100), codes: '' }

describe('the memory of stored predictions', () => {
  it('gives what was put, also that a key is not there', () => {
    const cache = new StoredMemory().open()
    cache.put('a', value)
    cache.put('b', null)
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([value, null, undefined])
    cache.clear()
    expect(cache.get('a')).toBeUndefined()
  })

  it('holds so many bytes, over all models, and lets go what was not asked for', () => {
    const memory = new StoredMemory(2 * 10 * 400)
    const [cache, other] = [memory.open(), memory.open()]
    cache.put('kept', value)
    for (let i = 0; i < 1000; i++) {
      cache.put(`a${i}`, value)
      other.put(`b${i}`, value)
      expect(cache.get('kept')).toBe(value)
    }
    const left = (which: typeof cache, name: string): number =>
      Array.from({ length: 1000 }, (_, i) => which.get(`${name}${i}`)).filter((found) => found !== undefined).length
    const [a, b] = [left(cache, 'a'), left(other, 'b')]
    expect(a + b).toBeGreaterThan(5)
    expect(a + b).toBeLessThan(25)
  })

  it('does not keep what is larger than all of it', () => {
    const cache = new StoredMemory(100).open()
    cache.put('a', value)
    expect(cache.get('a')).toBeUndefined()
  })
})
