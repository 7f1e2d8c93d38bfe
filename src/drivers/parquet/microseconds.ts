/** Furthest point in time from 1970 that JavaScript's Date has, in milliseconds. */
const furthest = 8.64e15

/** True for epoch milliseconds that are a point in time: no NaN, no infinity, nothing beyond what Date has. */
export function isPointInTime(milliseconds: number): boolean {
  return Math.abs(milliseconds) <= furthest
}

/**
 * Writes epoch milliseconds as microseconds of 64 bits (LogicalTypes.md, TIMESTAMP(MICROS)), halves away from zero. `target` are the words
 * of the integers, low one first; what is no point in time becomes 0.
 */
export function writeMicroseconds(source: Float64Array, start: number, end: number, target: Int32Array, at: number): void {
  let word = at * 2
  for (let i = start; i < end; i++) {
    const value = source[i]!
    const magnitude = isPointInTime(value) ? Math.round(Math.abs(value) * 1e3) : 0
    const micros = value < 0 ? -magnitude : magnitude
    // A power of two divides without a loss, and a double of this size is a whole number: both words are exact.
    const high = Math.floor(micros / 0x1_0000_0000)
    target[word++] = (micros - high * 0x1_0000_0000) | 0
    target[word++] = high
  }
}
