/** A power of ten beyond every integer type: what larger ones count as. */
const beyond = 40

/**
 * The whole number that a JSON number literal stands for, exactly; null when it has a fraction.
 * `3.0` and `1e3` are whole. Magnitudes of 10^40 and more are given as 10^40: they are outside every integer type.
 */
export function exactInteger(literal: string): bigint | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal)
  if (match === null) return null
  const fraction = match[3] ?? ''
  const digits = (match[2]! + fraction).replace(/^0+/, '')
  if (digits === '') return 0n
  const magnitude = scaled(digits, Number(match[4] ?? 0) - fraction.length)
  return match[1] === '-' && magnitude !== null ? -magnitude : magnitude
}

/** digits * 10^exponent, or null when that is not whole; `digits` has no leading zero. */
function scaled(digits: string, exponent: number): bigint | null {
  if (exponent < 0) {
    const whole = digits.length + exponent
    if (whole <= 0 || /[1-9]/.test(digits.slice(whole))) return null
    return scaled(digits.slice(0, whole), 0)
  }
  if (digits.length + exponent > beyond) return 10n ** BigInt(beyond)
  return BigInt(digits) * 10n ** BigInt(exponent)
}
