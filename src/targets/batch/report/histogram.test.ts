import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { number } from '../../../core/fields.js'
import { rowsToFrame } from '../../../core/frame-rows.js'
import type { NumberProfile } from '../../../monitoring/output-profile.js'
import { createOutputProfiler } from '../../../monitoring/output-profiler.js'
import { bytes, duration, measure, share } from './format.js'
import { histogramOf } from './histogram.js'
import { roundTicks, tickLabels } from './ticks.js'

function profileOf(values: readonly number[]): NumberProfile {
  const fields = { x: number() }
  const profiler = createOutputProfiler(fields)
  profiler.add(rowsToFrame(fields, values.map((x) => ({ x }))).frame, null) // prettier-ignore
  return profiler.profile().outputs['x'] as NumberProfile
}

describe('a histogram of a profile', () => {
  it('puts values into bars over round edges', () => {
    const { start, step, shares, outside } = histogramOf(profileOf([0, 0.25, 0.5, 1]), null)
    expect([start, step, shares.length, outside]).toEqual([0, 0.025, 40, 0])
    expect(shares[0]).toBeCloseTo(0.25, 9)
    expect(shares[10]).toBeCloseTo(0.25, 9)
    expect(shares[39]).toBeCloseTo(0.25, 9)
  })

  it('leaves out the far ends, and says so', () => {
    const { start, step, shares, outside } = histogramOf(profileOf([...Array.from({ length: 5000 }, (_, i) => i / 5000), 1e6]), null)
    expect(start + step * shares.length).toBeLessThan(2)
    expect(outside).toBeCloseTo(1 / 5001, 6)
  })

  it('of any finite values has shares that sum up to all of them, in a bounded number of bars', () => {
    const value = fc.oneof(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.constantFrom(0, 1, -1, 1e-9))
    const values = fc.array(value, { minLength: 1, maxLength: 50 })
    const run = fc.property(values, values, (own, other) => {
      const { shares, reference, outside, step } = histogramOf(profileOf(own), profileOf(other))
      const sum = shares.reduce((total, each) => total + each, 0)
      return Math.abs(sum + outside - 1) < 1e-6 && step > 0 && shares.length <= 42 && reference!.length === shares.length
    })
    expect(fc.check(run)).toMatchObject({ failed: false })
  })
})

describe('the labels of an axis', () => {
  it.each<[number, number, string[]]>([
    [0, 1, ['0', '0.2', '0.4', '0.6', '0.8', '1']],
    [-0.3, 0.3, ['-0.2', '0', '0.2']],
    [0, 12_000, ['0', '2,500', '5,000', '7,500', '10,000']],
    [0, 1_200_000, ['0', '0.25M', '0.5M', '0.75M', '1M']],
    [0.01, 0.0125, ['0.01', '0.0105', '0.011', '0.0115', '0.012', '0.0125']],
    [1e-9, 5e-9, ['1e-9', '2e-9', '3e-9', '4e-9', '5e-9']],
  ])('from %d to %d are round', (start, end, labels) => {
    expect(tickLabels(roundTicks(start, end, 5))).toEqual(labels)
  })
})

describe('the numbers of a report', () => {
  it('are grouped, rounded and have units', () => {
    expect([0, 12.3456, 1_234_567, 1e-7, null].map(measure)).toEqual(['0', '12.35', '1,235,000', '1E-7', '–'])
    expect([share(0, 9), share(1, 1e6), share(999_999, 1e6), share(3, 3), share(1, 3), share(0, 0)]).toEqual([
      '0%',
      '<0.1%',
      '99.9%',
      '100%',
      '33.3%',
      '0%',
    ])
    expect([850, 12_340, 59_960, 200_000, 7_500_000].map(duration)).toEqual(['850 ms', '12.3 s', '1 min', '3 min 20 s', '2 h 5 min'])
    expect([980, 12_300_000, 0].map(bytes)).toEqual(['980 B', '12.3 MB', '0 B'])
  })
})
