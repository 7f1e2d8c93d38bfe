import { sortedBins } from './output-profile-bins.js'
import type { NumberProfile } from './output-profile.js'

/** The value below which a share `q` (0 to 1) of the values lies, within 1% of the true one; null without values. */
export function quantileOf(profile: NumberProfile, q: number): number | null {
  if (profile.count === 0 || profile.min === null || profile.max === null) return null
  if (q <= 0) return profile.min
  if (q >= 1) return profile.max
  const rank = q * (profile.count - 1)
  let below = 0
  for (const { low, high, count } of sortedBins(profile.bins)) {
    below += count
    if (below > rank) return Math.min(profile.max, Math.max(profile.min, (low + high) / 2))
  }
  return profile.max
}
