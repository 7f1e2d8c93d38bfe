import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { category, integer, number, tensor } from '../core/fields.js'
import type { Frame } from '../core/frame.js'
import { rowsToFrame } from '../core/frame-rows.js'
import { mergeProfiles } from './output-profile-merge.js'
import { psi } from './output-profile-psi.js'
import { quantileOf } from './output-profile-quantile.js'
import type { CategoryProfile, NumberProfile, OutputProfile } from './output-profile.js'
import { createOutputProfiler } from './output-profiler.js'

const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
const moderate = fc.double({ noNaN: true, min: -1e6, max: 1e6 })

function profileOf(fields: Parameters<typeof createOutputProfiler>[0], rows: readonly unknown[], keep?: readonly number[]): OutputProfile {
  const profiler = createOutputProfiler(fields)
  profiler.add(rowsToFrame(fields, rows).frame, keep === undefined ? null : Uint32Array.from(keep))
  return profiler.profile()
}

function numbers(values: readonly (number | null)[]): NumberProfile {
  const rows = values.map((score) => ({ score }))
  return profileOf({ score: number({ optional: true, allowNonFinite: true }) }, rows).outputs['score'] as NumberProfile
}

function categories(values: readonly string[]): CategoryProfile {
  const rows = values.map((label) => ({ label }))
  return profileOf({ label: category([...new Set(values)]) }, rows).outputs['label'] as CategoryProfile
}

/** The bin of a number by arithmetic instead of bits. */
function keyOf(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude < 2 ** -1022) return '0'
  let octave = Math.floor(Math.log2(magnitude))
  if (2 ** octave > magnitude) octave--
  return `${value < 0 ? 'n' : 'p'}${octave * 64 + Math.floor((magnitude / 2 ** octave - 1) * 64)}`
}

/** A profile with its rounded numbers taken out, and these. */
function parted({ mean, m2, ...exact }: NumberProfile): [Omit<NumberProfile, 'mean' | 'm2'>, number, number] {
  return [exact, mean ?? 0, m2]
}

/** Numbers of a normal distribution (Box, Muller 1958) from a linear congruential generator. */
function normals(count: number, mean: number, seed = 1): number[] {
  let state = seed
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 1) / 4_294_967_297
  }
  return Array.from({ length: count }, () => mean + Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()))
}

describe('the profile of outputs', () => {
  it('has count, range, mean and variance of the finite values, and counts the others as missing', () => {
    const profile = numbers([1, null, 4, Number.NaN, -2, Infinity, 0])
    expect(profile).toMatchObject({ kind: 'number', count: 4, missing: 3, min: -2, max: 4, mean: 0.75 })
    expect(profile.m2).toBeCloseTo(18.75, 12)
    expect(profile.bins).toEqual({ n64: 1, '0': 1, p0: 1, p128: 1 })
  })

  it('counts categories, texts and booleans by value, and takes only the rows kept', () => {
    const fields = { label: category(['a', 'other', '__proto__']) }
    const rows = ['a', 'other', 'a', '__proto__', 'a'].map((label) => ({ label }))
    const { outputs, rows: count } = profileOf(fields, rows, [0, 1, 2, 3])
    expect(count).toBe(4)
    const label = outputs['label'] as CategoryProfile
    expect(Object.entries(label.values)).toEqual([['a', 2], ['__proto__', 1], ['other', 1]]) // prettier-ignore
    expect(label.other).toBeUndefined()
  })

  it('keeps the 1000 most frequent values and counts the rest together', () => {
    const values = Array.from({ length: 3000 }, (_, i) => `v${i < 1500 ? i % 500 : i}`)
    const profile = categories(values)
    expect(Object.keys(profile.values)).toHaveLength(1000)
    expect(profile).toMatchObject({ count: 3000, other: 1000, values: { v0: 3, v499: 3 } })
  })

  it('takes tensors element by element, by label where there are labels', () => {
    const fields = {
      probabilities: tensor({ dtype: 'float32', shape: [2], labels: ['cat', 'dog'] }),
      hidden: tensor({ dtype: 'float16', shape: [10, 10] }),
    }
    const frame: Frame = {
      length: 2,
      columns: {
        probabilities: { dtype: 'float32', shape: [2], data: Float32Array.of(0.25, 0.75, 0.5, 0.5), validity: null },
        hidden: { dtype: 'float16', shape: [10, 10], data: new Uint16Array(200).fill(0x3c00), validity: Uint8Array.of(1, 0) },
      },
    }
    const profiler = createOutputProfiler(fields)
    profiler.add(frame, null)
    const { outputs } = profiler.profile()
    expect(Object.keys(outputs)).toHaveLength(2 + 64)
    expect(outputs['probabilities[dog]']).toMatchObject({ count: 2, mean: 0.625 })
    expect(outputs['hidden[63]']).toMatchObject({ count: 1, missing: 1, min: 1, max: 1 })
  })

  it('takes 64-bit integers as numbers', () => {
    const rows = [3n, -5, 9_007_199_254_740_993n].map((n) => ({ n }))
    expect(profileOf({ n: integer() }, rows).outputs['n']).toMatchObject({ count: 3, min: -5, max: 9_007_199_254_740_992 })
  })

  it('puts every finite number into the bin whose edges hold it', () => {
    expect(Object.keys(numbers([-3]).bins)).toEqual([keyOf(-3)])
    fc.assert(
      fc.property(finite, (value) => {
        const [key] = Object.keys(numbers([value]).bins)
        return key === keyOf(value)
      }),
    )
  })
})

describe('the quantiles of a profile', () => {
  it('are within 1% of the true ones', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = values.toSorted((a, b) => a - b)
        const exact = sorted[Math.floor(q * (sorted.length - 1))]!
        const found = quantileOf(numbers(values), q)!
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.abs(exact) / 100 + 2 ** -1022)
      }),
    )
  })

  it('are null without values', () => {
    expect(quantileOf(numbers([null]), 0.5)).toBeNull()
  })
})

describe('merged profiles', () => {
  it('of the parts equal the profile of the whole, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(moderate, { maxLength: 40 }), { minLength: 1, maxLength: 6 }), (parts) => {
        const profiles = parts.map((part) => profileOf({ score: number() }, part.map((score) => ({ score })))) // prettier-ignore
        const whole = profileOf({ score: number() }, parts.flat().map((score) => ({ score }))) // prettier-ignore
        for (const merged of [profiles.reduce(mergeProfiles), profiles.toReversed().reduce(mergeProfiles)]) {
          expect(merged.rows).toBe(whole.rows)
          const [exact, mean, m2] = parted(merged.outputs['score'] as NumberProfile)
          const [wholeExact, wholeMean, wholeM2] = parted(whole.outputs['score'] as NumberProfile)
          expect(exact).toEqual(wholeExact)
          expect(mean).toBeCloseTo(wholeMean, 6)
          expect(Math.abs(m2 - wholeM2)).toBeLessThanOrEqual(1e-9 * (1 + wholeM2))
        }
      }),
    )
  })

  it('of categories add up value by value', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ maxLength: 3 }), { minLength: 1 }), { minLength: 1, maxLength: 5 }), (parts) => {
        const profiles = parts.map((part) => ({ rows: part.length, outputs: { label: categories(part) } }))
        const merged = profiles.toReversed().reduce<OutputProfile>(mergeProfiles, { rows: 0, outputs: {} })
        expect(merged.outputs['label']).toEqual(categories(parts.flat()))
      }),
    )
  })

  it('survive JSON on the way', () => {
    const rows = [0.1, -7, 0].map((score) => ({ score }))
    const profile = profileOf({ score: number() }, rows)
    const twice = mergeProfiles(profile, JSON.parse(JSON.stringify(profile)) as OutputProfile)
    expect(twice.outputs['score']).toMatchObject({ count: 6, bins: { '0': 2, n176: 2 } })
  })
})

describe('the population stability index', () => {
  it('of a profile and itself is 0', () => {
    expect(psi(numbers([1, 2]), numbers([1, 2]))).toBe(0)
    fc.assert(fc.property(fc.array(moderate, { minLength: 1 }), (values) => psi(numbers(values), numbers(values)) === 0))
    fc.assert(fc.property(fc.array(fc.string(), { minLength: 1 }), (values) => psi(categories(values), categories(values)) === 0))
  })

  it('is near 0 for another sample, and grows with the shift', () => {
    const reference = numbers(normals(20_000, 0))
    const found = [0, 0.2, 0.4, 0.8, 1.6].map((shift) => psi(reference, numbers(normals(20_000, shift, 7)))!)
    expect(found[0]).toBeLessThan(0.005)
    expect(found.toSorted((a, b) => a - b)).toEqual(found)
    // Two normal distributions a shift apart differ by its square: the symmetrised Kullback-Leibler divergence, of which ten groups see most.
    expect(found[1]).toBeGreaterThan(0.03)
    expect(found[1]).toBeLessThan(0.045)
    expect(found[3]).toBeGreaterThan(0.5)
    expect(found[3]).toBeLessThan(0.7)
  })

  it('sees a shift away from a value that every row of the reference has, to either side', () => {
    for (const constant of [0, 5, -5]) {
      const reference = numbers(Array.from({ length: 50 }, () => constant))
      for (const shift of [-1, 1]) expect(psi(reference, numbers([constant + shift]))).toBeGreaterThan(5)
    }
  })

  it('of categories compares shares by value, new and vanished ones too', () => {
    const reference = categories(['a', 'a', 'b', 'b'])
    expect(psi(reference, categories(['a', 'b']))).toBe(0)
    const half = psi(reference, categories(['a', 'a', 'a', 'b']))!
    expect(half).toBeCloseTo(0.25 * Math.log(1.5) + 0.25 * Math.log(2), 12)
    expect(psi(reference, categories(['c']))).toBeGreaterThan(5)
  })

  it('is null without values on one side, or between a number and a category', () => {
    expect(psi(numbers([]), numbers([1]))).toBeNull()
    expect(psi(numbers([1]), numbers([null]))).toBeNull()
    expect(psi(numbers([1]), categories(['1']))).toBeNull()
  })
})
