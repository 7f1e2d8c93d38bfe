import { describe, expect, it } from 'vitest'
import { referenceOf, targetOf, verbOf } from './target.js'

describe('a TF Serving path', () => {
  it.each([
    ['half:predict', 'half', 'predict'],
    ['half:PREDICT', 'half', 'predict'],
    ['a:b:Classify', 'a:b', 'classify'],
    ['half', 'half', null],
    ['half:fly', 'half', null],
    ['half:constructor', 'half', null],
  ])('takes %s apart', (segment, subject, verb) => {
    expect(targetOf(segment)).toEqual({ subject, verb })
  })

  it.each([
    [{ target: 'half:predict' }, { name: 'half', selector: {} }],
    [
      { model: 'half', target: '3:predict' },
      { name: 'half', selector: { version: '3' } },
    ],
    [
      { model: 'half', target: 'canary:predict' },
      { name: 'half', selector: { alias: 'canary' } },
    ],
    [
      { model: 'half', version: '3' },
      { name: 'half', selector: { version: '3' } },
    ],
    [{ model: 'half' }, { name: 'half', selector: {} }],
  ])('%j names a model', (params, reference) => {
    expect(referenceOf(params as unknown as Record<string, string>)).toEqual(reference)
  })

  it('is malformed without a verb', () => {
    expect(() => verbOf({ target: 'half' }, { method: 'POST', path: '/v1/models/half' })).toThrow('Malformed request: POST /v1/models/half')
  })
})
