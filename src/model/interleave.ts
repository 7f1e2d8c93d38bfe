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
  let beyond = 0
  for (let start = 0; start < rows; start += blockRows) {
    const end = Math.min(start + blockRows, rows)
    for (let i = 0; i < stride; i++) beyond |= copyBlock(columns[i]!, start, end, target, start * stride + i, stride, limit)
  }
  return beyond === 0
}

/** One column of one block, a function of its own so that it is compiled for nothing else. 1 when a value is beyond the limit. */
// oxlint-disable-next-line max-params
function copyBlock(
  column: Float64Array,
  start: number,
  end: number,
  target: Float32Array,
  first: number,
  stride: number,
  limit: number,
): number {
  let beyond = 0
  for (let row = start, at = first; row < end; row++, at += stride) {
    const value = column[row]!
    target[at] = value
    if (value >= limit || value <= -limit) beyond = 1
  }
  return beyond
}
