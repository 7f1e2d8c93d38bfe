import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyIndex, keyHash } from './key-index.js'

describe('an index of keys', () => {
  it('takes each key once, also where the hashes of many are the same', () => {
    const hashes: ((key: string) => number)[] = [keyHash, () => 7, (key) => key.length]
    const anyKeys = fc.array(fc.string({ maxLength: 4 }), { maxLength: 300 })
    fc.assert(
      fc.property(anyKeys, fc.constantFrom(...hashes), (keys, hash) => {
        const index = new KeyIndex()
        const taken: string[] = []
        for (const key of keys) {
          if (index.add(hash(key), taken.length + 1, (row) => taken[row - 1] === key)) taken.push(key)
        }
        expect(taken).toEqual([...new Set(keys)])
        expect(index.size).toBe(taken.length)
      }),
    )
  })

  it('grows with what it holds', () => {
    const index = new KeyIndex()
    for (let i = 1; i <= 100_000; i++) expect(index.add(keyHash(`user-${i}`), i, () => false)).toBe(true)
    let found = 0
    for (let i = 1; i <= 100_000; i++) if (!index.add(keyHash(`user-${i}`), i, (row) => row === i)) found++
    expect(found).toBe(100_000)
  })
})
