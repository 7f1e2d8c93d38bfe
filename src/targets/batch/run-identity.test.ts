import { describe, expect, it } from 'vitest'
import { differencesOf, fingerprintOf, type RunIdentity } from './run-identity.js'

const identity: RunIdentity = {
  model: { name: 'fraud', version: '3', digest: 'sha256:aa', definition: 'sha256:dd' },
  inputs: [{ name: 'in.csv', format: 'csv', bytes: 100, digest: 'sha256:11' }],
  options: { key: 'id', partitionRows: 1000, map: { a: 'A', b: 'B' } },
}

describe('the identity of a run', () => {
  it('has one fingerprint, whatever the order of its options', () => {
    const shuffled: RunIdentity = { ...identity, options: { map: { b: 'B', a: 'A' }, partitionRows: 1000, key: 'id' } }
    expect(fingerprintOf(shuffled)).toBe(fingerprintOf(identity))
    expect(fingerprintOf(identity)).toMatch(/^[0-9a-f]{64}$/)
    expect(differencesOf(identity, shuffled)).toEqual([])
  })

  it('names what differs', () => {
    const other: RunIdentity = {
      model: { ...identity.model, version: '4', digest: 'sha256:bb' },
      inputs: [{ ...identity.inputs[0]!, digest: 'sha256:22' }],
      options: { ...identity.options, where: 'a > 1' },
    }
    expect(fingerprintOf(other)).not.toBe(fingerprintOf(identity))
    expect(differencesOf(identity, other)).toEqual([
      'input in.csv: 100 bytes, sha256:11 then, 100 bytes, sha256:22 now',
      'model: fraud@3 then, fraud@4 now',
      'model digest: sha256:aa then, sha256:bb now',
      'option where: not given then, "a > 1" now',
    ])
  })
})
