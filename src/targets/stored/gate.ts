import type { StoredSet } from '../../core/stored-sets.js'
import type { CategoryProfile, NumberProfile, OutputProfile } from '../../monitoring/output-profile.js'
import { psi } from '../../monitoring/output-profile-psi.js'

/** How far a set may differ from the active one. */
export interface GateLimits {
  /** Population stability index of one output; 0.25 when left out. */
  readonly maxPsi?: number
  /** Growth of the share of rows that a fallback answered, absolute; 0.05 when left out. */
  readonly maxFallbackGrowth?: number
  /** Share of the rows that may be gone; 0.2 when left out. */
  readonly maxShrink?: number
}

/** What the gate found; kept in `details.gate` of the set. */
export interface GateReport {
  readonly passed: boolean
  /** Why not, one line each. */
  readonly reasons: readonly string[]
  /** The set that it was held against; null for the first. */
  readonly against: string | null
  /** By output; null where it cannot be told. */
  readonly psi: Readonly<Record<string, number | null>>
  readonly rows: number
  readonly rowsBefore: number | null
  /** 0 to 1. */
  readonly fallbackShare: number
  readonly fallbackShareBefore: number | null
}

/** Holds a complete set against the active one: distributions of its outputs, share of fallbacks, rows. The first set passes. */
export function holdAgainst(set: StoredSet, active: StoredSet | null, limits: GateLimits = {}): GateReport {
  const fallbackShare = shareOf(set)
  const figures = { rows: set.rows, fallbackShare }
  if (active === null) {
    return { passed: true, reasons: [], against: null, psi: {}, ...figures, rowsBefore: null, fallbackShareBefore: null }
  }
  const { maxPsi = 0.25, maxFallbackGrowth = 0.05, maxShrink = 0.2 } = limits
  const fallbackShareBefore = shareOf(active)
  const { indices, reasons } = compareOutputs(set, active, maxPsi)
  if (fallbackShare - fallbackShareBefore > maxFallbackGrowth) {
    reasons.push(
      `fallbacks answered ${percent(fallbackShare)} of the rows, ${percent(fallbackShareBefore)} before; ${percent(maxFallbackGrowth)} more are allowed`,
    )
  }
  if (set.rows < active.rows * (1 - maxShrink)) {
    reasons.push(`${set.rows} rows, ${active.rows} before; ${percent(maxShrink)} fewer are allowed`)
  }
  return {
    passed: reasons.length === 0,
    reasons,
    against: active.id,
    psi: indices,
    ...figures,
    rowsBefore: active.rows,
    fallbackShareBefore,
  }
}

interface Comparison {
  readonly indices: Record<string, number | null>
  readonly reasons: string[]
}

function compareOutputs(set: StoredSet, active: StoredSet, maxPsi: number): Comparison {
  const indices: Record<string, number | null> = {}
  const reasons: string[] = []
  const now = profileOf(set)?.outputs ?? {}
  for (const [name, before] of Object.entries(profileOf(active)?.outputs ?? {})) {
    const current = Object.hasOwn(now, name) ? now[name]! : null
    const reason = current === null ? 'is gone' : compareOutput(before, current, maxPsi, (index) => (indices[name] = index))
    if (reason !== null) reasons.push(`the output ${name} ${reason}`)
  }
  return { indices, reasons }
}

type Output = NumberProfile | CategoryProfile

function compareOutput(before: Output, current: Output, maxPsi: number, note: (index: number | null) => void): string | null {
  const index = psi(before, current)
  note(index)
  if (before.count === 0) return null
  if (index === null) return current.count === 0 ? 'has no values any more' : `is a ${current.kind} now, a ${before.kind} before`
  return index > maxPsi ? `has another distribution: PSI ${round(index)}, ${maxPsi} is allowed` : null
}

/** The profile that a set carries; null when it was loaded without one. */
export function profileOf({ details }: StoredSet): OutputProfile | null {
  const profile = details['profile'] as OutputProfile | null | undefined
  return typeof profile === 'object' && profile !== null && typeof profile.outputs === 'object' ? profile : null
}

function shareOf({ rows, fallbackRows }: StoredSet): number {
  return rows === 0 ? 0 : fallbackRows / rows
}

function percent(share: number): string {
  return `${round(share * 100)}%`
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
