import type { Column } from '../core/frame.js'

/** Rows of one pass over the columns: what they write stays in the processor's first cache. */
const blockRows = 128

/** True for columns of one double a row, all present. */
export function isDoubles(columns: readonly Column[]): boolean {
  return columns.every(({ dtype, shape, validity }) => dtype === 'float64' && shape.length === 0 && validity === null)
}

/**
 * Columns side by side in a row-major float32 matrix, each double rounded to the nearest float32: `target[row * columns + i]`. False, and the target
 * not to be used, when a value is beyond `limit`, which float32 has no finite number for.
 */
export function interleave(columns: readonly Float64Array[], rows: number, target: Float32Array, limit: number): boolean {
  const stride = columns.length
  let fits = true
  for (let start = 0; start < rows; start += blockRows) {
    const end = Math.min(start + blockRows, rows)
    for (let i = 0; i < stride; i++) {
      const column = columns[i]!
      for (let row = start, at = start * stride + i; row < end; row++, at += stride) {
        const value = column[row]!
        target[at] = value
        if (value >= limit || value <= -limit) fits = false
      }
    }
  }
  return fits
}
