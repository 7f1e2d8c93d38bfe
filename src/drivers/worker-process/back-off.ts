export interface BackOffOptions {
  /** Delay after the third failure in a row, doubled with each one more; the first two are made good at once. */
  readonly firstMs: number
  readonly maxMs: number
  /** Failures in a row from which on the workers count as broken. */
  readonly limit: number
}

/** Counts failures in a row and says how long to wait before the next start. */
export interface BackOff {
  failed(): void
  succeeded(): void
  delayMs(): number
  /** True from `limit` failures in a row on. */
  exhausted(): boolean
}

export function createBackOff(options: BackOffOptions): BackOff {
  let failures = 0
  return {
    failed: () => void failures++,
    succeeded: () => void (failures = 0),
    delayMs: () => (failures <= 2 ? 0 : Math.min(options.maxMs, options.firstMs * 2 ** Math.min(failures - 3, 30))),
    exhausted: () => failures >= options.limit,
  }
}
