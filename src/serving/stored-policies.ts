import type { Clock } from '../core/ports.js'
import type { StoredSetHead, StoredSets } from '../core/stored-sets.js'
import type { MissingPolicy, StalePolicy, StoredPolicy } from '../model/definition.js'
import type { DataPlane, ServedModel } from './data-plane.js'

/** Where neither a served model nor its set says anything. */
const noPolicy: StoredPolicy = { key: 'key', maxAgeMs: null, onStale: 'serve', onMissing: 'reject' }
/** How long it is not asked again whether a model is served. */
const absentMs = 250
const maxSets = 1000

/**
 * The policy of each model: that of its champion while one is served; else the one that its active set was loaded under, so that what is too
 * old stays too old while the model itself is down.
 */
export class StoredPolicies {
  readonly #plane: DataPlane
  readonly #clock: Clock
  readonly #absentUntil = new Map<string, number>()
  /** By set. */
  readonly #ofSets = new Map<string, StoredPolicy>()

  constructor(plane: DataPlane, clock: Clock) {
    this.#plane = plane
    this.#clock = clock
  }

  /** The champion; null while none is served. */
  served(model: string): ServedModel | null {
    const until = this.#absentUntil.get(model)
    if (until !== undefined && this.#clock.monotonic() < until) return null
    try {
      const served = this.#plane.model(model)
      if (until !== undefined) this.#absentUntil.delete(model)
      return served
    } catch {
      // Names are the callers' to choose: few are kept.
      if (this.#absentUntil.size > maxSets) this.#absentUntil.clear()
      this.#absentUntil.set(model, this.#clock.monotonic() + absentMs)
      return null
    }
  }

  /** At once; null when the set has to be asked. */
  now(model: string, set: StoredSetHead | null): StoredPolicy | null {
    const served = this.served(model)
    if (served !== null) return served.info.stored ?? noPolicy
    return set === null ? noPolicy : (this.#ofSets.get(set.id) ?? null)
  }

  async of(model: string, set: StoredSetHead | null, sets: StoredSets): Promise<StoredPolicy> {
    const known = this.now(model, set)
    if (known !== null || set === null) return known ?? noPolicy
    const policy = policyIn((await sets.set(set.id))?.details['policy'])
    if (this.#ofSets.size > maxSets) this.#ofSets.clear()
    this.#ofSets.set(set.id, policy)
    return policy
  }
}

/** What can be held to without the model: it is not there to predict, nor is its fallback. */
function policyIn(value: unknown): StoredPolicy {
  if (typeof value !== 'object' || value === null) return noPolicy
  const { key, maxAgeMs, onStale, onMissing } = value as Partial<Record<keyof StoredPolicy, unknown>>
  return {
    key: typeof key === 'string' ? key : noPolicy.key,
    maxAgeMs: typeof maxAgeMs === 'number' ? maxAgeMs : null,
    onStale: typeof onStale === 'string' ? (onStale as StalePolicy) : noPolicy.onStale,
    onMissing: typeof onMissing === 'string' ? (onMissing as MissingPolicy) : noPolicy.onMissing,
  }
}
