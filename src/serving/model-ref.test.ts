import { describe, expect, it } from 'vitest'
import { modelRef, selectorOf } from './model-ref.js'

describe('modelRef', () => {
  it.each([
    ['fraud', null, { name: 'fraud', selector: {} }],
    ['fraud@champion', null, { name: 'fraud', selector: { alias: 'champion' } }],
    ['fraud@3', null, { name: 'fraud', selector: { version: '3' } }],
    ['fraud', '12', { name: 'fraud', selector: { version: '12' } }],
    ['fraud', 'v1.2', { name: 'fraud', selector: { alias: 'v1.2' } }],
  ])('reads %s with version %s', (text, version, expected) => {
    expect(modelRef(text, version)).toEqual(expected)
  })

  it('refuses a version given twice', () => {
    expect(() => modelRef('fraud@3', '4')).toThrow(/twice/)
  })

  it('picks nothing where nothing is said', () => {
    expect(selectorOf(null)).toEqual({})
  })
})
