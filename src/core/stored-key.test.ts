import { describe, expect, it } from 'vitest'
import { storedKeyFault } from './stored-key.js'

describe('a key of a stored prediction', () => {
  it.each(['a', 'naïve "x" 🙂', 'x'.repeat(1024), 'é'.repeat(512), '€'.repeat(341), '🙂'.repeat(256)])('may be %j', (key) => {
    expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024)
    expect(storedKeyFault(key)).toBe(null)
  })

  it.each(['x'.repeat(1025), 'é'.repeat(513), '€'.repeat(342), '🙂'.repeat(257), 'a\u0000', '\ud83d', '\ude42\ud83d'])(
    'may not be %j',
    (key) => {
      expect(storedKeyFault(key)).toMatchObject({ code: 'ROW_MALFORMED' })
    },
  )

  it('may not be empty', () => {
    expect(storedKeyFault('')).toMatchObject({ code: 'KEY_MISSING' })
  })
})
