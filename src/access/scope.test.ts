import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesGlob, permits } from './scope.js'

test('a grant covers its scopes on the models that its globs match', () => {
  const grant = { scopes: ['predict'], models: ['fraud', 'review-*'] } as const
  expect(permits(grant, 'predict', 'fraud')).toBe(true)
  expect(permits(grant, 'predict', 'review-en')).toBe(true)
  expect(permits(grant, 'predict', 'digits')).toBe(false)
  expect(permits(grant, 'read', 'fraud')).toBe(false)
})

test('the scope admin holds the others, on its models only', () => {
  const grant = { scopes: ['admin'], models: ['fraud'] } as const
  expect(permits(grant, 'deploy', 'fraud')).toBe(true)
  expect(permits(grant, 'predict', 'digits')).toBe(false)
})

test('a call about the whole server needs every model, except reading', () => {
  expect(permits({ scopes: ['admin'], models: ['fraud'] }, 'admin', null)).toBe(false)
  expect(permits({ scopes: ['admin'], models: ['*'] }, 'admin', null)).toBe(true)
  expect(permits({ scopes: ['read'], models: ['fraud'] }, 'read', null)).toBe(true)
})

test('globs match as the equivalent regular expression does', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 10 })
  fc.assert(
    fc.property(letters, letters, (glob, text) => {
      const source = glob
        .split('')
        .map((letter) => (letter === '*' ? '.*' : letter === '?' ? '.' : `\\${letter}`.replace(/\\([ab])/, '$1')))
      expect(matchesGlob(glob, text)).toBe(new RegExp(`^${source.join('')}$`, 's').test(text))
    }),
  )
})

test('a hostile glob is answered at once', () => {
  expect(matchesGlob(`${'a*'.repeat(60)}b`, 'a'.repeat(128))).toBe(false)
})
