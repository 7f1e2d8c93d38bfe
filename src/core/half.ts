const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The number that the 16 bits of an IEEE 754 half stand for. */
export function float16ToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** Bits of the half nearest to a number (ties to even); beyond the range of halves, infinity. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65_520) return sign | 0x7c00
  // A half at `magnitude` is a multiple of this step; below 2^-14 all halves share one step.
  const exponent = Math.max(-14, exponentOf(magnitude))
  const step = 2 ** (exponent - 10)
  const units = roundToEven(magnitude / step)
  return sign | (units < 1024 ? units : ((exponent + 14) << 10) + units)
}

/** The number that the 16 bits of a bfloat16 (the upper half of a float32) stand for. */
export function bfloat16ToNumber(half: number): number {
  bits[0] = half << 16
  return float[0]!
}

/** Bits of the bfloat16 nearest to a number (ties to even); beyond the range, infinity. */
export function numberToBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  const exponent = Math.max(-126, exponentOf(magnitude))
  const units = magnitude === Infinity ? Infinity : roundToEven(magnitude / 2 ** (exponent - 7))
  const half = units < 128 ? units : (exponent + 126) * 128 + units
  return sign | Math.min(half, 0x7f80)
}

/** floor(log2(value)) of a value from 0; 0 gives a very low exponent. */
function exponentOf(value: number): number {
  float[0] = value
  const single = bits[0]!
  // Rounding to float32 may reach the next power of two: then the value itself is below it.
  const exponent = (single >>> 23) - 127
  return exponent > -127 && exponent < 128 && value < 2 ** exponent ? exponent - 1 : exponent
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest < 0.5 || (rest === 0.5 && floor % 2 === 0)) return floor
  return floor + 1
}
