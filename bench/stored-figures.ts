/** The value that the share `p` (0 to 1) of the samples does not exceed; NaN when there are none. */
export function percentile(samples: readonly number[] | Float64Array, p: number): number {
  const sorted = Float64Array.from(samples).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN
}

/** Three decimals: enough for a ratio or a time. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

/** A line on standard error. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}
