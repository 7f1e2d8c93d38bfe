import { SlipwayError } from '../core/errors.js'
import type { RecordStore } from '../core/registry-store.js'
import { readEntry } from './journal.js'
import type { Ledger } from './ledger.js'
import { modelNames } from './models.js'
import type { AliasRecord, JournalEntry, ModelHead, VersionRecord } from './records.js'
import { checkKnown, versionNumbers } from './resolve.js'

/** One line of the list of models. */
export interface ModelSummary {
  readonly name: string
  /** The numbers of its versions, ascending. */
  readonly versions: readonly number[]
  /** The version that each alias points at. */
  readonly aliases: Readonly<Record<string, number>>
  /** When the model was last changed; null when it cannot be read. */
  readonly changedAt: string | null
  /** Why the model cannot be read, or null. */
  readonly problem: SlipwayError | null
}

/** A version as the journal knows it. */
interface VersionSummary extends VersionRecord {
  readonly version: number
}

/** Everything that the journal says about a model. */
export interface ModelDetails {
  readonly name: string
  /** Ascending. */
  readonly versions: readonly VersionSummary[]
  readonly aliases: Readonly<Record<string, AliasRecord>>
  /** The newest entries, the newest last. */
  readonly journal: readonly JournalEntry[]
}

/** Every model that has a version or an alias, sorted by name. One that cannot be read is listed with its problem. */
export async function listModels(ledger: Ledger): Promise<readonly ModelSummary[]> {
  const models: ModelSummary[] = []
  for (const name of await modelNames(ledger.records)) {
    const summary = await summarise(ledger, name)
    if (summary !== undefined) models.push(summary)
  }
  return models
}

/** The versions and aliases of a model, and the last `entries` entries of its journal. */
export async function showModel(ledger: Ledger, name: string, entries: number): Promise<ModelDetails> {
  const head = await ledger.head(name)
  checkKnown(head)
  const versions = versionNumbers(head).map((version) => ({ version, ...(head.versions[version] as VersionRecord) }))
  return { name, versions, aliases: head.aliases, journal: await journalTail(ledger.records, head, entries) }
}

async function summarise(ledger: Ledger, name: string): Promise<ModelSummary | undefined> {
  try {
    const head = await ledger.head(name)
    if (Object.keys(head.versions).length === 0 && Object.keys(head.aliases).length === 0) return undefined
    const aliases = Object.fromEntries(Object.entries(head.aliases).map(([alias, { target }]) => [alias, target.version]))
    const [last] = await journalTail(ledger.records, head, 1)
    return { name, versions: versionNumbers(head), aliases, changedAt: last?.at ?? null, problem: null }
  } catch (thrown) {
    if (!(thrown instanceof SlipwayError)) throw thrown
    return { name, versions: [], aliases: {}, changedAt: null, problem: thrown }
  }
}

async function journalTail(records: RecordStore, head: ModelHead, entries: number): Promise<readonly JournalEntry[]> {
  const tail: JournalEntry[] = []
  for (let seq = Math.max(1, head.seq - entries + 1); seq <= head.seq; seq++) {
    const entry = await readEntry(records, head.model, seq)
    if (entry === undefined) throw new SlipwayError('JOURNAL_BROKEN', `entry ${seq} of the journal of ${head.model} is missing`)
    tail.push(entry)
  }
  return tail
}
