import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlipwayError } from '../core/errors.js'
import { isAliasName, isModelName } from './names.js'
import { parseReference, parseSelector, type Reference } from './reference.js'

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,127}$/u)
const hex = fc.stringMatching(/^[0-9a-f]{64}$/u)

function referenceOrCode(text: string): Reference | string {
  try {
    return parseReference(text)
  } catch (thrown) {
    if (thrown instanceof SlipwayError) return thrown.code
    throw thrown
  }
}

describe('parseReference', () => {
  it('takes apart what was put together', () => {
    fc.assert(
      fc.property(name, name.filter(isAliasName), fc.integer({ min: 1, max: 999_999 }), hex, (model, alias, version, digits) => {
        expect(parseReference(model)).toEqual({ name: model, selector: { kind: 'default' } })
        expect(parseReference(`${model}@${alias}`)).toEqual({ name: model, selector: { kind: 'alias', alias } })
        expect(parseReference(`${model}@${version}`)).toEqual({ name: model, selector: { kind: 'version', version } })
        const digest = `sha256:${digits}`
        expect(parseReference(`${model}@${digest}`)).toEqual({ name: model, selector: { kind: 'digest', digest } })
      }),
    )
  })

  it('answers any text with a reference or a named error, and lets no separator through', () => {
    const hostile = fc.string({ unit: fc.constantFrom('a', '.', '/', '@', '0', ':', '\\', '\0', '%', 'A') })
    const sound = fc.property(fc.oneof(fc.string(), hostile), (text) => {
      const answer = referenceOrCode(text)
      if (typeof answer === 'string') return ['MODEL_NAME', 'VERSION_UNKNOWN'].includes(answer)
      return isModelName(answer.name) && !/[/\\%\0]/u.test(Object.values(answer.selector).join(''))
    })
    expect(fc.check(sound)).toMatchObject({ failed: false })
  })
})

describe('parseSelector', () => {
  it('takes numbers as numbers and as texts', () => {
    expect(parseSelector(3)).toEqual(parseSelector('3'))
  })

  it.each([0, -1, 1.5, Number.NaN, 1e21])('refuses %f as a version number', (value) => {
    expect(() => parseSelector(value)).toThrow(SlipwayError)
  })

  it('takes for an alias what only looks like a number', () => {
    expect(parseSelector('1e5')).toEqual({ kind: 'alias', alias: '1e5' })
    expect(parseSelector('1.0')).toEqual({ kind: 'alias', alias: '1.0' })
  })
})
