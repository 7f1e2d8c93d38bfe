import { decimalToDouble } from '../../core/decimal.js'

/** Where the number read last ends. */
export interface NumberEnd {
  end: number
}

/**
 * Reads the decimal number that starts at `at`, as the nearest double; `found.end` is behind it. NaN where this fast way cannot tell: blanks,
 * a plus sign, words, more than 18 digits, or what is no number. Bytes must end with one that is no part of a number.
 */
export function scanNumber(bytes: Uint8Array, at: number, found: NumberEnd): number {
  const first = at
  let digit = bytes[at]! ^ 48
  // 1 for a minus sign, 0 for anything else, without a branch: signs are hard to predict.
  const negative = 1 - (-(digit ^ minus) >>> 31)
  at += negative
  digit = bytes[at]! ^ 48
  const start = at
  let mantissa = 0
  while (digit <= 9) {
    mantissa = (Math.imul(mantissa, 10) + digit) | 0
    digit = bytes[++at]! ^ 48
  }
  let digits = at - start
  if (digits === 0) return Number.NaN
  let fraction = 0
  if (digit === point) {
    const from = ++at
    digit = bytes[at]! ^ 48
    while (digit <= 9) {
      mantissa = (Math.imul(mantissa, 10) + digit) | 0
      digit = bytes[++at]! ^ 48
    }
    fraction = at - from
    digits += fraction
  }
  // Nine digits fit 32 bits, and a double divided by a power of ten that is one is rounded once.
  if (digits > 9 || (digit | 32) === exponent) return scanLong(bytes, first, found)
  found.end = at
  return (mantissa * (1 - 2 * negative)) / powers[fraction]!
}

/** `-`, `.` and `e` or `E`, as the digits are seen. */
const minus = 45 ^ 48
const point = 46 ^ 48
const exponent = (101 ^ 48) | 32
const powers: Float64Array = Float64Array.from({ length: 10 }, (_, power) => 10 ** power)

/** Numbers of more digits, or with an exponent. */
function scanLong(bytes: Uint8Array, at: number, found: NumberEnd): number {
  const negative = bytes[at] === 45
  if (negative) at++
  // Two int32 accumulators of 9 significant digits each: cheaper than one chain of double multiplications.
  let high = 0
  let low = 0
  let significant = 0
  let power = 0
  let fraction = 0
  for (;;) {
    const digit = bytes[at]! ^ 48
    if (digit > 9) {
      if (digit !== point || fraction > 0) break
      fraction = ++at
      continue
    }
    if (significant < 9) high = (Math.imul(high, 10) + digit) | 0
    else if (significant < 18) low = (Math.imul(low, 10) + digit) | 0
    // Leading zeros do not count.
    if (significant > 0 || digit > 0) significant++
    at++
  }
  if (fraction > 0) power = fraction - at
  if ((bytes[at]! | 32) === 101) {
    power += scanExponent(bytes, at + 1, found)
    if (Number.isNaN(power)) return power
    at = found.end
  }
  found.end = at
  if (significant > 18) return Number.NaN
  const value = decimalToDouble(high, low, significant > 9 ? significant - 9 : 0, power)
  return negative ? -value : value
}

function scanExponent(bytes: Uint8Array, at: number, found: NumberEnd): number {
  const sign = bytes[at]
  if (sign === 43 || sign === 45) at++
  const start = at
  let power = 0
  let digit = bytes[at]! ^ 48
  while (digit <= 9) {
    if (power < 100_000) power = power * 10 + digit
    digit = bytes[++at]! ^ 48
  }
  found.end = at
  if (at === start) return Number.NaN
  return sign === 45 ? -power : power
}
