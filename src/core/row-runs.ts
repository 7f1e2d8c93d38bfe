/**
 * Rows as runs of neighbours: start and count, one after the other. Null where there are so many runs that going row by row is as good.
 */
export function rowRuns(rows: ArrayLike<number>): Int32Array | null {
  const most = rows.length >> 2
  const runs = new Int32Array(most * 2)
  let count = 0
  for (let i = 0; i < rows.length;) {
    const start = rows[i]!
    let end = i + 1
    while (end < rows.length && rows[end] === start + end - i) end++
    if (count === most) return null
    runs[count * 2] = start
    runs[count * 2 + 1] = end - i
    count++
    i = end
  }
  return runs.subarray(0, count * 2)
}
