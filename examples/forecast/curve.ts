/** A power law: `scale * day ** exponent`. */
export interface Curve {
  readonly scale: number
  readonly exponent: number
}

/**
 * The power law nearest to points (day > 0, amount > 0), by least squares on the logarithms: a straight line there, so that the fit is exact
 * arithmetic and needs no iterations.
 */
export function fitCurve(days: readonly number[], amounts: readonly number[]): Curve {
  const x = days.map((day) => Math.log(day))
  const y = amounts.map((amount) => Math.log(amount))
  const meanX = mean(x)
  const meanY = mean(y)
  const covariance = mean(x.map((value, i) => (value - meanX) * (y[i]! - meanY)))
  const variance = mean(x.map((value) => (value - meanX) ** 2))
  const exponent = covariance / variance
  return { scale: Math.exp(meanY - exponent * meanX), exponent }
}

/** What the curve says for a day. */
export function amountOn({ scale, exponent }: Curve, day: number): number {
  return scale * day ** exponent
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
