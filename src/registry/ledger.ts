import { SlipwayError } from '../core/errors.js'
import type { RecordStore } from '../core/registry-store.js'
import { publishAlias, repairAliasFiles } from './alias-file.js'
import { canonicalBytes } from './canonical-json.js'
import { emptyHead, follow, sealEntry, type Change, type Note } from './head.js'
import { advance, checkpointKey, entryKey, isCurrent, loadHead, readCheckpoint } from './journal.js'
import type { ModelHead } from './records.js'

/** Decides what to change at a head; undefined when there is nothing to do. May be asked again when another writer was faster. */
export type Plan = (head: ModelHead, note: Note) => Change | undefined | Promise<Change | undefined>

/** The journals of a registry, read and appended to. Appending an entry is the one point at which a change happens. */
export interface Ledger {
  readonly records: RecordStore
  /** The newest head of a model; seq 0 when the model is not there. */
  head(model: string): Promise<ModelHead>
  /** Appends what `plan` decides, and returns the head after it. */
  commit(model: string, note: Note, plan: Plan): Promise<ModelHead>
  /** Brings the files that follow from the journal up to date after a crash. */
  repair(model: string): Promise<void>
}

/** Among so many lost races somebody else has won each time; more means that the store does not keep its promise. */
const maxRaces = 10_000

/** Opens the journals. `onProblem` hears of files that could not be updated after a change that has happened. */
export function openLedger(records: RecordStore, onProblem: (problem: unknown) => void): Ledger {
  const known = new Map<string, ModelHead>()
  const ledger: Ledger = {
    records,
    head: async (model) => {
      const before = known.get(model) ?? emptyHead(model)
      const fresh = before.seq > 0 && (await isCurrent(records, before)) ? await advance(records, before) : await loadHead(records, model)
      remember(known, fresh)
      return fresh
    },
    commit: async (model, note, plan) => {
      for (let races = 0; races < maxRaces; races++) {
        const head = await ledger.head(model)
        const change = await plan(head, note)
        if (change === undefined) return head
        const entry = sealEntry(head, change, note)
        if (!(await records.create(entryKey(model, entry.seq), canonicalBytes(entry)))) continue
        const after = follow(head, entry)
        remember(known, after)
        await publish(records, after, Object.keys(entry.aliases)).catch(onProblem)
        return after
      }
      throw new SlipwayError('ALIAS_CONFLICT', `${model} is being changed by others without end`)
    },
    repair: async (model) => {
      const head = await ledger.head(model)
      const checkpoint = await readCheckpoint(records, model)
      const behind = checkpoint === undefined ? !(await records.has(checkpointKey(model))) : checkpoint.seq < head.seq
      if (head.seq > 0 && behind) await publish(records, head, [])
      await repairAliasFiles(records, head)
    },
  }
  return ledger
}

function remember(known: Map<string, ModelHead>, head: ModelHead): void {
  if (head.seq > 0) known.set(head.model, head)
  else known.delete(head.model)
}

// A slow writer may overwrite what a faster one has published since: whoever publishes looks again afterwards.
async function publish(records: RecordStore, head: ModelHead, aliases: readonly string[]): Promise<void> {
  let current = head
  for (;;) {
    for (const alias of aliases) await publishAlias(records, current, alias)
    await records.put(checkpointKey(current.model), canonicalBytes(current))
    const newer = await advance(records, current)
    if (newer.seq === current.seq) return
    current = newer
  }
}
