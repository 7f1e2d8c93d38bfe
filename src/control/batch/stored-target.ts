import { SlipwayError } from '../../core/errors.js'
import type { ModelDefinition } from '../../model/definition.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import type { RunIdentity } from '../../targets/batch/run-identity.js'
import type { RunReport } from '../../targets/batch/run-report.js'
import { flipSet } from '../../targets/stored/flip-set.js'
import { defaultStore, openStoredSets, openStoredSetsIfAny } from '../open-stored-sets.js'
import type { StateDir } from '../state-dir.js'
import type { SinkSpec } from './scoring-spec.js'

/** A run whose rows become a set of stored predictions. */
export interface StoredTarget {
  readonly spec: SinkSpec
  /** The set is whole: puts it through the gate and flips readers to it, unless the request says not to. */
  finish(by: string): Promise<RunReport['stored']>
}

interface StoredContext {
  readonly state: StateDir
  readonly run: string
  readonly model: RunIdentity['model']
  readonly definition: ModelDefinition
  /** Epoch milliseconds; ages count from it. */
  readonly producedAt: number
}

/** The set of a run, named after it. */
export function storedTargetOf(request: BatchRequest, context: StoredContext): StoredTarget {
  const { run, model, definition, producedAt } = context
  const store = request.store ?? defaultStore(context.state)
  const set = { id: run, model: model.name, version: model.version, digest: model.digest, producedAt }
  return {
    spec: { kind: 'stored', store, set, policy: definition.stored ?? null },
    finish: (by) => (request.flip === false ? Promise.resolve(left(run)) : flipped(store, { model: model.name, set: run, by })),
  }
}

function left(set: string): RunReport['stored'] {
  return { set, gate: 'passed', flipped: false, reasons: ['left for `slipway stored flip`, whose gate it has not passed yet'] }
}

async function flipped(
  store: string,
  { model, set, by }: { readonly model: string; readonly set: string; readonly by: string },
): Promise<RunReport['stored']> {
  const sets = await openStoredSets(store)
  try {
    const { verdict } = await flipSet(sets, { model, set, by, reason: `batch run ${set}` })
    return { set, gate: verdict, flipped: true, reasons: [] }
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'GATE_REFUSED') throw error
    return { set, gate: 'refused', flipped: false, reasons: [error.message] }
  } finally {
    await sets.close()
  }
}

/** Whether the set of a run is still in its store. */
export async function hasSet(store: string, set: string): Promise<boolean> {
  const sets = await openStoredSetsIfAny(store)
  if (sets === null) return false
  try {
    return (await sets.set(set)) !== null
  } finally {
    await sets.close()
  }
}
