import { SlipwayError } from '../../core/errors.js'
import type { Flip, StoredSet, StoredSets } from '../../core/stored-sets.js'
import { type GateLimits, type GateReport, holdAgainst } from './gate.js'

/** Who moves a pointer, and why. */
export interface FlipNote {
  readonly by: string
  readonly reason: string
}

export interface FlipOptions extends FlipNote {
  readonly model: string
  /** The newest set that is whole, when left out. */
  readonly set?: string
  readonly limits?: GateLimits
  /** Flips all the same when the gate refuses. */
  readonly force?: boolean
}

export interface FlipResult {
  /** Null when readers were answered from the set already. */
  readonly flip: Flip | null
  readonly set: StoredSet
  readonly gate: GateReport
  readonly verdict: 'passed' | 'forced'
}

/** Tries when the pointer moves between gate and flip. */
const tries = 5

/**
 * Flips readers to a set that passes the gate against the one that is active now. Rejects with GATE_REFUSED (the set is then `refused`),
 * SET_UNKNOWN, SET_INCOMPLETE.
 */
export async function flipSet(sets: StoredSets, options: FlipOptions): Promise<FlipResult> {
  const chosen = await choose(sets, options)
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryFlip(sets, chosen, options)
    } catch (error) {
      const moved = error instanceof SlipwayError && error.code === 'ALIAS_CONFLICT'
      if (!moved || attempt === tries) throw error
    }
  }
}

async function tryFlip(sets: StoredSets, set: StoredSet, { model, limits, force = false, by, reason }: FlipOptions): Promise<FlipResult> {
  const active = await sets.active(model)
  const gate = holdAgainst(set, active?.id === set.id ? null : active, limits)
  const verdict = gate.passed ? 'passed' : 'forced'
  if (active?.id === set.id) return { flip: null, set, gate, verdict: 'passed' }
  if (!gate.passed && !force) {
    await sets.judge(set.id, 'refused', { ...set.details, gate })
    throw new SlipwayError('GATE_REFUSED', `the set ${set.id} was refused: ${gate.reasons.join('; ')}`)
  }
  const judged = await sets.judge(set.id, 'complete', { ...set.details, gate })
  const flip = await sets.flip({ model, set: set.id, kind: 'flip', by, reason, expected: active?.id ?? null })
  return { flip, set: judged, gate, verdict }
}

async function choose(sets: StoredSets, { model, set }: FlipOptions): Promise<StoredSet> {
  if (set === undefined) {
    const newest = (await sets.sets(model)).find(({ state }) => state === 'complete')
    if (newest === undefined) throw new SlipwayError('SET_UNKNOWN', `the model ${model} has no set of predictions that is whole`)
    return newest
  }
  const found = await sets.set(set)
  if (found === null || found.model !== model) throw new SlipwayError('SET_UNKNOWN', `the model ${model} has no set ${set}`)
  if (found.state === 'loading') throw new SlipwayError('SET_INCOMPLETE', `the set ${set} is not whole: it is still being written`)
  return found
}

/**
 * Flips readers back to the set before the active one; each further call goes one step further back. Sets that are gone are passed over. SET_UNKNOWN
 * at the beginning.
 */
export async function rollBack(sets: StoredSets, { model, by, reason }: FlipNote & { readonly model: string }): Promise<Flip> {
  const [active, history, known] = [await sets.active(model), await sets.flips(model), await sets.sets(model)]
  const whole = new Set(known.filter(({ state }) => state === 'complete').map(({ id }) => id))
  const target = earlierSets(history).find((id) => whole.has(id) && id !== active?.id)
  if (target === undefined) throw new SlipwayError('SET_UNKNOWN', `the model ${model} has no earlier set to go back to`)
  return sets.flip({ model, set: target, kind: 'rollback', by, reason, expected: active?.id ?? null })
}

/** The sets before the active one, the last first: what flips put on top of one another and rollbacks took off. */
export function earlierSets(newestFirst: readonly Flip[]): readonly string[] {
  const below: (string | null)[] = []
  for (const { kind, set, previous } of newestFirst.toReversed()) {
    if (kind === 'flip') below.push(previous)
    else while (below.length > 0 && below.pop() !== set);
  }
  return below.filter((id) => id !== null).toReversed()
}

export interface Collected {
  readonly dropped: readonly string[]
  readonly kept: readonly string[]
}

/** A set that is being written this long is not waited for. */
const loadingMs = 24 * 3_600_000

/**
 * Removes the sets of a model but for the newest `keep` whole ones, the active one and the one before it. Sets still being written go a day after
 * their predictions were made.
 */
export async function collectSets(
  sets: StoredSets,
  model: string,
  { keep, now }: { readonly keep: number; readonly now: number },
): Promise<Collected> {
  const [active, history, known] = [await sets.active(model), await sets.flips(model), await sets.sets(model)]
  const whole = new Set(known.filter(({ state }) => state === 'complete').map(({ id }) => id))
  const before = earlierSets(history).find((id) => whole.has(id) && id !== active?.id)
  const held = new Set([...[...whole].slice(0, keep), active?.id, before])
  const gone = known.filter(({ id, state, producedAt }) => !held.has(id) && (state !== 'loading' || now - producedAt > loadingMs))
  for (const { id } of gone) await sets.drop(id)
  const dropped = gone.map(({ id }) => id)
  return { dropped, kept: known.flatMap(({ id }) => (dropped.includes(id) ? [] : [id])) }
}
