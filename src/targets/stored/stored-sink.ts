import { RowHash } from '../../core/row-hash.js'
import type { NewSet, StoredPartitionWriter, StoredSet, StoredSets } from '../../core/stored-sets.js'
import type { FinishedOutput, OutputPlan, Partition, PartitionRecord, PartitionWriter, RefusedRow, TableSink } from '../../core/table.js'
import type { StoredPolicy } from '../../model/definition.js'
import { mergeProfiles } from '../../monitoring/output-profile-merge.js'
import type { OutputProfile } from '../../monitoring/output-profile.js'
import { flipSet, type FlipNote } from './flip-set.js'
import type { GateLimits } from './gate.js'
import { type StoredLayout, storedLayout, storedRows } from './stored-rows.js'

export interface StoredSinkOptions {
  /** Closed with the sink. */
  readonly sets: StoredSets
  readonly set: NewSet
  readonly plan: OutputPlan
  /** Columns that are the prediction; all but the key and those that begin with `_` when left out. */
  readonly outputs?: readonly string[]
  /** What the definition says of lookups: it holds while no version of the model is served. */
  readonly policy?: StoredPolicy | null
  /** Flips readers to the set when it is whole and passes the gate; it is left for `flipSet` when left out. */
  readonly flip?: FlipNote & { readonly limits?: GateLimits; readonly force?: boolean }
}

/**
 * Writes a set of stored predictions: each row under its key, as `/models/{model}/predict` would answer it. Partitions are committed in order, since
 * a key that an earlier row has is refused (KEY_DUPLICATE); so is a row without a key (KEY_MISSING).
 */
export function createStoredSink(options: StoredSinkOptions): TableSink {
  const { sets, set, plan } = options
  let layout: StoredLayout | null = null
  return {
    commits: 'in-order',
    prepare: () => sets.create(set),
    committed: async () => ((await sets.set(set.id)) === null ? [] : sets.partitions(set.id)),
    open: async (partition: Partition) => {
      layout ??= storedLayout(plan.columns, options.outputs)
      return partitionWriter(await sets.openPartition(set.id, partition.index), layout)
    },
    finish: (records) => finish(options, records),
    discard: async () => {
      if ((await sets.set(set.id)) !== null) await sets.drop(set.id)
    },
    close: () => sets.close(),
  }
}

function partitionWriter(writer: StoredPartitionWriter, layout: StoredLayout): PartitionWriter {
  const withoutKey: RefusedRow[] = []
  return {
    write: (batch) => writer.write(storedRows(batch, layout, withoutKey)),
    commit: (record) =>
      writer.commit((refused, data) =>
        record(
          [...withoutKey, ...refused].toSorted((a, b) => a.row - b.row),
          data,
        ),
      ),
    abort: () => writer.abort(),
  }
}

/** Completes the set, once, and flips to it when asked; called again after a kill, it goes on where that stopped. */
async function finish(options: StoredSinkOptions, records: readonly PartitionRecord[]): Promise<FinishedOutput> {
  const { sets, set, flip } = options
  const known = await sets.set(set.id)
  const whole = known === null || known.state === 'loading' ? await complete(options, records) : known
  if (flip !== undefined) await flipSet(sets, { ...flip, model: set.model, set: set.id })
  return { location: `stored:${set.model}/${set.id}`, rows: whole.rows, bytes: records.reduce((sum, { bytes }) => sum + bytes, 0) }
}

function complete({ sets, set, policy }: StoredSinkOptions, records: readonly PartitionRecord[]): Promise<StoredSet> {
  const hash = new RowHash()
  let rows = 0
  let fallbackRows = 0
  for (const record of records) {
    if (record.written > 0) hash.merge(record.checksum)
    rows += record.written
    fallbackRows += record.fallback
  }
  const details = { profile: mergedProfile(records), ...(policy === undefined || policy === null ? {} : { policy }) }
  return sets.complete(set.id, { rows, checksum: hash.hex(), fallbackRows, details })
}

/** The distributions of all partitions; null where one has none. */
function mergedProfile(records: readonly PartitionRecord[]): OutputProfile | null {
  const profiles = records.map(({ details }) => (details['profile'] as OutputProfile | undefined) ?? null)
  const whole = profiles.filter((profile) => profile !== null)
  return whole.length === 0 || whole.length < profiles.length ? null : whole.reduce((sum, profile) => mergeProfiles(sum, profile))
}
