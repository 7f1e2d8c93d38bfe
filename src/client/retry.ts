const firstMs = 100
const longestMs = 5_000

/** True for answers after which the same request may succeed: 429 (too many requests) and 503 (not ready). */
export function isRetryable(status: number): boolean {
  return status === 429 || status === 503
}

/**
 * How long to wait before the try after `attempt` (0 is the first): what Retry-After says (RFC 9110, section 10.2.3), else a random time below
 * a limit that doubles, so that clients turned away together do not come back together.
 */
export function retryDelayMs(
  attempt: number,
  about: { readonly retryAfter: string | null; readonly now: number; readonly random: number },
): number {
  return retryAfterMs(about.retryAfter, about.now) ?? about.random * Math.min(firstMs * 2 ** attempt, longestMs)
}

/** Retry-After as milliseconds from `now`, epoch milliseconds: a number of seconds or a date; null for anything else. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}
