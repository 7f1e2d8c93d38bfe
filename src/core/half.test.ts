import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bfloat16ToNumber, float16ToNumber, numberToBfloat16, numberToFloat16 } from './half.js'

const formats = [
  { name: 'float16', decode: float16ToNumber, encode: numberToFloat16, infinity: 0x7c00 },
  { name: 'bfloat16', decode: bfloat16ToNumber, encode: numberToBfloat16, infinity: 0x7f80 },
]

describe.each(formats)('$name', ({ decode, encode, infinity }) => {
  const positive = Array.from({ length: infinity + 1 }, (_, bits) => decode(bits))

  test('every pattern that is a number comes back as itself', () => {
    const changed: number[] = []
    for (let bits = 0; bits < 65_536; bits++) {
      const isNaN = (bits & 0x7fff) > infinity
      if (isNaN ? !Number.isNaN(decode(bits)) : encode(decode(bits)) !== bits) changed.push(bits)
    }
    expect(changed).toEqual([])
  })

  test('patterns stand in the order of their values', () => {
    expect(positive.every((value, bits) => bits === 0 || value > (positive[bits - 1] ?? 0))).toBe(true)
    expect(Object.is(decode(0x8000), -0)).toBe(true)
    expect(decode(0x8000 | infinity)).toBe(-Infinity)
  })

  test('a number becomes the nearest pattern, the even one of two', () => {
    const anywhere = fc.oneof(
      fc.double({ noNaN: true }),
      fc.double({ min: -70_000, max: 70_000, noNaN: true }),
      fc.double({ min: -1e-6, max: 1e-6, noNaN: true }),
      fc.nat(infinity - 1).map((bits) => ((positive[bits] ?? 0) + (positive[bits + 1] ?? 0)) / 2),
    )
    fc.assert(
      fc.property(anywhere, (value) => {
        expect(encode(value)).toBe(nearest(value, positive))
      }),
      { numRuns: 2000 },
    )
  })

  test('NaN stays NaN', () => {
    expect(decode(encode(Number.NaN))).toBe(Number.NaN)
  })
})

test('known values have the bits that IEEE 754 gives them', () => {
  expect([1, -2, 65_504, 2 ** -24, 2 ** -14, 0.333251953125].map(numberToFloat16)).toEqual([0x3c00, 0xc000, 0x7bff, 1, 0x0400, 0x3555])
  expect([65_519.999, 65_520, 1e300].map(numberToFloat16)).toEqual([0x7bff, 0x7c00, 0x7c00])
  expect([1, -2, 3.140625, 2 ** -133].map(numberToBfloat16)).toEqual([0x3f80, 0xc000, 0x4049, 1])
})

/** The pattern nearest to a value, by bisection in the sorted values of all patterns from 0 to infinity. */
function nearest(value: number, positive: readonly number[]): number {
  const magnitude = Math.abs(value)
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  let low = 0
  let high = positive.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((positive[middle] ?? 0) <= magnitude) low = middle
    else high = middle
  }
  const below = positive[low] ?? 0
  // Where infinity would be if it were one more step.
  const above = high === positive.length - 1 ? 2 * below - (positive[low - 1] ?? 0) : (positive[high] ?? 0)
  if (magnitude === Infinity || magnitude >= above) return sign | high
  const toBelow = magnitude - below
  const toAbove = above - magnitude
  if (toBelow === toAbove) return sign | (low % 2 === 0 ? low : high)
  return sign | (toBelow < toAbove ? low : high)
}
