import { describe, expect, it } from 'vitest'
import { joinedName, quote } from './identifier.js'

describe('names in Postgres', () => {
  it('are quoted', () => {
    expect(quote('a "b"')).toBe('"a ""b"""')
  })

  it('are joined, and cut with a hash where they would be too long', () => {
    expect(joinedName('scores', 'run-1')).toBe('scores__run-1')
    const [one, other] = ['run-1', 'run-2'].map((run) => joinedName('ü'.repeat(31), run))
    expect(Buffer.byteLength(one!)).toBeLessThanOrEqual(63)
    expect(one).not.toBe(other)
  })
})
