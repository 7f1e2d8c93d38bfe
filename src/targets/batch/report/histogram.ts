import { sortedBins } from '../../../monitoring/output-profile-bins.js'
import { quantileOf } from '../../../monitoring/output-profile-quantile.js'
import type { NumberProfile } from '../../../monitoring/output-profile.js'
import { roundStep } from './ticks.js'

const wantedBars = 40

/** Bars of one width over round edges, for a distribution and its reference. */
export interface Histogram {
  readonly start: number
  readonly step: number
  /** Share of all values in each bar, 0 to 1. */
  readonly shares: readonly number[]
  readonly reference: readonly number[] | null
  /** Share of the values that lie left and right of the bars. */
  readonly outside: number
}

/** A histogram drawn from a profile. Where a few values lie far out, the bars leave out up to 0.1% on either side. */
export function histogramOf(profile: NumberProfile, reference: NumberProfile | null): Histogram {
  const [low, high] = rangeOf(reference === null || reference.count === 0 ? [profile] : [profile, reference])
  const step = roundStep((high - low) / wantedBars)
  const start = Math.floor(low / step + 1e-9) * step
  const bars = Math.max(1, Math.ceil((high - start) / step - 1e-9))
  const shares = sharesOf(profile, start, step, bars)
  return {
    start,
    step,
    shares,
    reference: reference === null || reference.count === 0 ? null : sharesOf(reference, start, step, bars),
    outside: Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0)),
  }
}

function rangeOf(profiles: readonly NumberProfile[]): [number, number] {
  const at = (q: number): number[] => profiles.map((profile) => quantileOf(profile, q)!)
  const [min, max] = [Math.min(...at(0)), Math.max(...at(1))]
  const [inner, outer] = [Math.min(...at(0.001)), Math.max(...at(0.999))]
  const many = profiles.every((profile) => profile.count >= 2000)
  const [low, high] = many && outer > inner && max - min > 1.5 * (outer - inner) ? [inner, outer] : [min, max]
  if (high - low > Math.abs(high) * 1e-9) return [low, high]
  const half = low === 0 ? 0.5 : Math.abs(low) / 10
  return [low - half, high + half]
}

function sharesOf(profile: NumberProfile, start: number, step: number, bars: number): number[] {
  const counts = Array.from({ length: bars }, () => 0)
  for (const bin of sortedBins(profile.bins)) {
    const from = (Math.max(bin.low, profile.min!) - start) / step
    const to = (Math.min(bin.high, profile.max!) - start) / step
    if (to > from) spread(counts, from, to, bin.count)
    else spreadPoint(counts, from, bin.count)
  }
  return counts.map((count) => count / profile.count)
}

/** A count over the bars from one position to another, as if it lay evenly between them. */
function spread(counts: number[], from: number, to: number, count: number): void {
  for (let bar = Math.max(0, Math.floor(from)); bar < Math.min(counts.length, to); bar++) {
    counts[bar]! += (count * (Math.min(to, bar + 1) - Math.max(from, bar))) / (to - from)
  }
}

function spreadPoint(counts: number[], at: number, count: number): void {
  // The right edge of the last bar belongs to it.
  const bar = Math.abs(at - counts.length) < 1e-9 ? counts.length - 1 : Math.floor(at + 1e-9)
  if (bar >= 0 && bar < counts.length) counts[bar]! += count
}
