import { describe, expect, it } from 'vitest'
import { amountOn, fitCurve } from './curve.js'

const days = [7, 30, 90, 180, 365]

describe('the curve through predicted points', () => {
  it('is found again from points that lie on it', () => {
    const curve = fitCurve(
      days,
      days.map((day) => amountOn({ scale: 0.8, exponent: 0.45 }, day)),
    )
    expect(curve.scale).toBeCloseTo(0.8, 12)
    expect(curve.exponent).toBeCloseTo(0.45, 12)
  })

  it('passes between points that do not', () => {
    const amounts = days.map((day, i) => amountOn({ scale: 0.8, exponent: 0.45 }, day) * (i % 2 === 0 ? 1.1 : 0.9))
    const curve = fitCurve(days, amounts)
    const misses = days.map((day, i) => Math.log(amounts[i]!) - Math.log(amountOn(curve, day)))
    expect(misses.reduce((sum, miss) => sum + miss, 0)).toBeCloseTo(0, 12)
    expect(misses.some((miss) => miss > 0) && misses.some((miss) => miss < 0)).toBe(true)
  })
})
