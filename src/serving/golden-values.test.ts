import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromGoldenJson, toGoldenJson } from './golden-values.js'

describe('golden values', () => {
  it('come back from JSON as they were, NaN, infinities, -0 and 64-bit integers included', () => {
    const scalar = fc.oneof(
      fc.double(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
    )
    const value = fc.oneof(scalar, fc.array(scalar), fc.array(fc.array(scalar)))
    fc.assert(
      fc.property(value, (given) => {
        expect(fromGoldenJson(JSON.parse(JSON.stringify(toGoldenJson(given))))).toEqual(given)
      }),
    )
  })

  it('are arrays for typed arrays and epoch milliseconds for dates', () => {
    expect(toGoldenJson(Float32Array.of(0.5, Number.NaN))).toEqual([0.5, { number: 'NaN' }])
    expect(toGoldenJson(BigInt64Array.of(5n))).toEqual([{ integer: '5' }])
    expect(toGoldenJson(new Date(7))).toBe(7)
  })

  it('are undefined for objects that nobody recorded', () => {
    expect(fromGoldenJson({ integer: 'x' })).toBe(undefined)
    expect(fromGoldenJson({ number: '12' })).toBe(undefined)
    expect(fromGoldenJson({})).toBe(undefined)
  })
})
