import { categoryProfile } from './output-profile-category.js'
import type { CategoryProfile, NumberProfile, OutputProfile } from './output-profile.js'

/**
 * The profile of all rows of two profiles of the same outputs. In whatever order parts are merged, the result is that of the whole: all but
 * rounding of `mean` and `m2`, and the choice of values of outputs that have more than 1000.
 */
export function mergeProfiles(a: OutputProfile, b: OutputProfile): OutputProfile {
  const outputs = new Map(Object.entries(a.outputs))
  for (const [name, output] of Object.entries(b.outputs)) {
    const other = outputs.get(name)
    outputs.set(name, other === undefined ? output : mergeOutputs(name, other, output))
  }
  return { rows: a.rows + b.rows, outputs: Object.fromEntries(outputs) }
}

type Output = NumberProfile | CategoryProfile

function mergeOutputs(name: string, a: Output, b: Output): Output {
  if (a.kind === 'number' && b.kind === 'number') return mergeNumbers(a, b)
  if (a.kind === 'category' && b.kind === 'category') return mergeCategories(a, b)
  throw new TypeError(`the output ${name} is a ${a.kind} in one profile and a ${b.kind} in the other`)
}

function mergeNumbers(a: NumberProfile, b: NumberProfile): NumberProfile {
  const missing = a.missing + b.missing
  if (a.count === 0) return { ...b, missing }
  if (b.count === 0) return { ...a, missing }
  const count = a.count + b.count
  const delta = b.mean! - a.mean!
  return {
    kind: 'number',
    count,
    missing,
    min: Math.min(a.min!, b.min!),
    max: Math.max(a.max!, b.max!),
    mean: a.mean! + (delta * b.count) / count,
    m2: a.m2 + b.m2 + (delta * delta * a.count * b.count) / count,
    bins: Object.fromEntries(addCounts(a.bins, b.bins)),
  }
}

function mergeCategories(a: CategoryProfile, b: CategoryProfile): CategoryProfile {
  return categoryProfile([...addCounts(a.values, b.values)], (a.other ?? 0) + (b.other ?? 0), a.missing + b.missing)
}

function addCounts(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Map<string, number> {
  const sums = new Map(Object.entries(a))
  for (const [key, count] of Object.entries(b)) sums.set(key, (sums.get(key) ?? 0) + count)
  return sums
}
