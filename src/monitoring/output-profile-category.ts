import type { CategoryProfile } from './output-profile.js'

/** Values kept in a profile. */
const keptValues = 1000
/** Values counted by name while collecting; free text past them is counted together. */
const countedValues = 10_000
const longestValue = 120

/** Collects how often each value of a categorical output occurs. Exact up to 10,000 different values, of which the profile keeps 1000. */
export class CategoryCounter {
  readonly #counts = new Map<string, { rows: number }>()
  #other = 0
  #missing = 0

  add(value: string, rows = 1): void {
    const name = value.length > longestValue ? value.slice(0, longestValue) : value
    const count = this.#counts.get(name)
    if (count !== undefined) count.rows += rows
    else if (this.#counts.size < countedValues) this.#counts.set(name, { rows })
    else this.#other += rows
  }

  addMissing(rows: number): void {
    this.#missing += rows
  }

  profile(): CategoryProfile {
    return categoryProfile(
      Array.from(this.#counts, ([value, { rows }]) => [value, rows] as const),
      this.#other,
      this.#missing,
    )
  }
}

/** A profile of values and their counts: the most frequent kept, ties by name, the rest counted as `other`. */
export function categoryProfile(counts: readonly (readonly [string, number])[], other: number, missing: number): CategoryProfile {
  const sorted = counts.toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  const rest = other + sum(sorted.slice(keptValues))
  return {
    kind: 'category',
    count: other + sum(sorted),
    missing,
    values: Object.fromEntries(sorted.slice(0, keptValues)),
    ...(rest > 0 && { other: rest }),
  }
}

function sum(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((total, [, count]) => total + count, 0)
}
