import { sliceRows } from '../core/frame-ops.js'
import type { InputFrame } from '../core/prediction.js'

/** Rows `start` to `start + count` of an input as views, its issues renumbered. */
export function sliceInput(input: InputFrame, start: number, count: number): InputFrame {
  if (start === 0 && count === input.frame.length) return input
  const issues = input.issues.flatMap((issue) => {
    const row = issue.row - start
    return row >= 0 && row < count ? [{ ...issue, row }] : []
  })
  return { frame: sliceRows(input.frame, start, count), issues }
}
