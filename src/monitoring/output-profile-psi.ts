import { sortedBins } from './output-profile-bins.js'
import type { Bin } from './output-profile-bins.js'
import type { CategoryProfile, NumberProfile } from './output-profile.js'

/** Share that stands for an empty group, whose logarithm would be infinite. */
const leastShare = 1e-4

const groupCount = 10

/**
 * Population stability index of one output against a reference (Siddiqi 2006, Credit Risk Scorecards; Yurdakul 2018, Statistical Properties of the
 * Population Stability Index): below 0.1 is read as stable, below 0.25 as a moderate shift, above as a large one. Numbers are grouped by the deciles
 * of the reference, categories by value. Null when one of them has no values, or they are of two kinds. What is missing does not count.
 */
export function psi(reference: NumberProfile | CategoryProfile, current: NumberProfile | CategoryProfile): number | null {
  if (reference.count < 1 || current.count < 1) return null
  if (reference.kind === 'number' && current.kind === 'number') return psiOfNumbers(reference, current)
  if (reference.kind === 'category' && current.kind === 'category') return psiOfCategories(reference, current)
  return null
}

function psiOfNumbers(reference: NumberProfile, current: NumberProfile): number {
  const bins = sortedBins(reference.bins)
  const edges = groupEdges(bins, reference.count)
  return index(countGroups(bins, edges), countGroups(sortedBins(current.bins), edges))
}

/**
 * Lower edges of the groups after the first. A bin that alone holds a tenth of the reference is a group of its own, so that a shift away from
 * a score that many rows have shows on either side of it.
 */
function groupEdges(bins: readonly Bin[], total: number): number[] {
  const edges = new Set<number>()
  const share = total / groupCount
  let held = 0
  for (const { low, high, count } of bins) {
    if (count >= share) {
      edges.add(low)
      held = 0
      edges.add(justAbove(low, high))
      continue
    }
    if (held >= share) {
      edges.add(low)
      held = 0
    }
    held += count
  }
  return [...edges].sort((a, b) => a - b)
}

/** The lower edge of what follows a bin; zeros have no width. */
function justAbove(low: number, high: number): number {
  return low === high ? Number.MIN_VALUE : high
}

function countGroups(bins: readonly Bin[], edges: readonly number[]): number[] {
  const groups = Array.from({ length: edges.length + 1 }, () => 0)
  let group = 0
  for (const { low, count } of bins) {
    while (group < edges.length && low >= edges[group]!) group++
    groups[group]! += count
  }
  return groups
}

function psiOfCategories(reference: CategoryProfile, current: CategoryProfile): number {
  const names = [...new Set([...Object.keys(reference.values), ...Object.keys(current.values)])]
  const counts = ({ values, other }: CategoryProfile): number[] => [
    ...names.map((name) => (Object.hasOwn(values, name) ? values[name]! : 0)),
    other ?? 0,
  ]
  return index(counts(reference), counts(current))
}

/** Sum over the groups of (p - q) ln(p / q). */
function index(reference: readonly number[], current: readonly number[]): number {
  const [expected, actual] = [shares(reference), shares(current)]
  return expected.reduce((sum, share, i) => sum + (actual[i]! - share) * Math.log(actual[i]! / share), 0)
}

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => Math.max(count / total, leastShare))
}
