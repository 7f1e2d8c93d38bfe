import { SlipwayError } from '../core/errors.js'
import { systemClock } from '../core/clock.js'
import type { Flip, StoredSet, StoredSetHead, StoredSets, StoredValue } from '../core/stored-sets.js'
import { collectSets, type Collected, type FlipOptions, flipSet, type FlipResult, rollBack } from '../targets/stored/flip-set.js'
import { loadConfig } from './config/load-config.js'
import { defaultStore, openStoredSets } from './open-stored-sets.js'
import { openStateDir, type StateDir } from './state-dir.js'

/** Which store: by its URL, else that of the configuration, else that of the state folder. */
export interface StoreArgs {
  readonly state: string
  readonly store?: string | undefined
  /** Path of the configuration; looked for in the working folder when left out. */
  readonly config?: string | undefined
}

/** Opens a store for one piece of work, and closes it afterwards whatever happens. */
export async function withStore<T>(args: StoreArgs, work: (sets: StoredSets, state: StateDir) => Promise<T>): Promise<T> {
  const state = openStateDir(args.state)
  const store = args.store ?? (await loadConfig({ file: args.config })).store ?? defaultStore(state)
  const sets = await openStoredSets(store)
  try {
    return await work(sets, state)
  } finally {
    await sets.close()
  }
}

/** Has readers see a set, when its gate passes. */
export function flipStored(args: StoreArgs, options: FlipOptions): Promise<FlipResult> {
  return withStore(args, (sets) => flipSet(sets, options))
}

/** Has readers see the set before. */
export function rollBackStored(
  args: StoreArgs,
  options: { readonly model: string; readonly by: string; readonly reason: string },
): Promise<Flip> {
  return withStore(args, (sets) => rollBack(sets, options))
}

/** Removes old sets. */
export function collectStored(args: StoreArgs, model: string, keep: number): Promise<Collected> {
  return withStore(args, (sets) => collectSets(sets, model, { keep, now: systemClock.now() }))
}

/** A set as lists show it. */
export interface ListedSet extends Omit<StoredSet, 'details'> {
  readonly active: boolean
  readonly ageMs: number
}

/** The sets of a model or of all of them, newest first, and the moves of the pointer of the one model. */
export function listStored(
  args: StoreArgs,
  model?: string,
): Promise<{ readonly sets: readonly ListedSet[]; readonly flips: readonly Flip[] }> {
  return withStore(args, async (sets) => {
    const found = await sets.sets(model)
    const active = new Set<string>()
    for (const name of new Set(found.map((set) => set.model))) {
      const set = await sets.active(name)
      if (set !== null) active.add(set.id)
    }
    const listed = found.map((set) => ({
      ...withoutDetails(set),
      active: active.has(set.id),
      ageMs: Math.max(0, systemClock.now() - set.producedAt),
    }))
    return { sets: listed, flips: model === undefined ? [] : await sets.flips(model) }
  })
}

/** What lists show of a set: its profile is long. */
export function withoutDetails({
  id,
  model,
  version,
  digest,
  producedAt,
  state,
  rows,
  fallbackRows,
  checksum,
}: StoredSet): Omit<StoredSet, 'details'> {
  return { id, model, version, digest, producedAt, state, rows, fallbackRows, checksum }
}

/** What is stored under keys: values as they are in the set, whatever the policy of the model. */
export interface FoundValues {
  readonly set: StoredSetHead
  readonly ageMs: number
  readonly values: readonly (StoredValue | null)[]
}

/** Keys that one read may ask for. */
const maxKeys = 4096

/** Reads keys of the active set in one snapshot; STORED_MISSING when the model has none, or it has none of the keys. */
export function readStored(args: StoreArgs, model: string, keys: readonly string[]): Promise<FoundValues> {
  if (keys.length > maxKeys) throw new SlipwayError('USAGE', `${keys.length} keys; ${maxKeys} are read together at most`)
  return withStore(args, async (sets) => {
    const { set, values } = await sets.read(model, keys)
    if (set === null) throw new SlipwayError('STORED_MISSING', `the model ${model} has no active set of predictions`)
    if (values.every((value) => value === null)) {
      throw new SlipwayError(
        'STORED_MISSING',
        `the set ${set.id} has no prediction for ${keys.length === 1 ? JSON.stringify(keys[0]) : 'any of the keys'}`,
      )
    }
    return { set, ageMs: Math.max(0, systemClock.now() - set.producedAt), values }
  })
}
