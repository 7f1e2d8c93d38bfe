/** 10^0 to 10^22: the powers of ten that a double holds exactly. */
const powers: Float64Array = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/** 2^27 + 1: splits a double into two halves of 26 bits (Veltkamp). */
const splitter = 134_217_729

/**
 * The double nearest to `(high * 10^lowDigits + low) * 10^exponent`, or NaN where this way cannot tell.
 *
 * `high` has at most 9 digits, and exactly 9 without leading zero when `lowDigits` is above 0; `low` has `lowDigits` (at most 9) digits.
 * Up to 15 digits one exact operation rounds once (Clinger, How to Read Floating Point Numbers Accurately, PLDI 1990). Longer ones are
 * computed in double-double arithmetic (Dekker 1971), and taken only when the error bound cannot reach another double (Ziv 1991).
 */
export function decimalToDouble(high: number, low: number, lowDigits: number, exponent: number): number {
  if (exponent < -22 || exponent > 22) return high === 0 ? 0 : Number.NaN
  if (lowDigits <= 6) {
    const mantissa = high * powers[lowDigits]! + low
    return exponent < 0 ? mantissa / powers[-exponent]! : mantissa * powers[exponent]!
  }
  return longDecimal(high, low, lowDigits, exponent)
}

function longDecimal(high: number, low: number, lowDigits: number, exponent: number): number {
  // The mantissa as an exact pair: high * 10^lowDigits in two exact products of 45 bits, then two exact sums.
  const power = powers[lowDigits]!
  const upper = (high >> 15) * power * 32_768
  const lower = (high & 32_767) * power
  const sum = upper + lower
  const rest = lower - (sum - upper) + low
  const head = sum + rest
  const tail = rest - (head - sum)
  if (exponent === 0) return head
  return exponent < 0 ? divided(head, tail, powers[-exponent]!) : multiplied(head, tail, powers[exponent]!)
}

function divided(head: number, tail: number, divisor: number): number {
  const quotient = head / divisor
  const product = quotient * divisor
  const remainder = head - product - productError(quotient, divisor, product)
  const correction = (remainder + tail) / divisor
  return rounded(quotient, correction, Math.abs(correction))
}

function multiplied(head: number, tail: number, factor: number): number {
  const product = head * factor
  const error = productError(head, factor, product)
  const more = tail * factor
  return rounded(product, error + more, Math.abs(error) + Math.abs(more))
}

/** `a * b - product`, exactly, where product is the rounded a * b. */
function productError(a: number, b: number, product: number): number {
  const aScaled = splitter * a
  const aHigh = aScaled - (aScaled - a)
  const aLow = a - aHigh
  const bScaled = splitter * b
  const bHigh = bScaled - (bScaled - b)
  const bLow = b - bHigh
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

/** head + tail rounded once, or NaN when the error of tail (below 2^-51 of `magnitude`) could change the rounding. */
function rounded(head: number, tail: number, magnitude: number): number {
  const slack = magnitude * 8.881_784_197_001_252e-16
  const value = head + (tail - slack)
  return value === head + (tail + slack) ? value : Number.NaN
}
