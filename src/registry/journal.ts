import { SlipwayError } from '../core/errors.js'
import type { RecordStore } from '../core/registry-store.js'
import { canonicalBytes } from './canonical-json.js'
import { digestOfJson } from './digest.js'
import { emptyHead, follow, stateDigest } from './head.js'
import { journalEntry, modelHead, type JournalEntry, type ModelHead } from './records.js'
import { parseJson } from './shape.js'

/** The key of one journal entry; keys sort as the entries do. */
export function entryKey(model: string, seq: number): string {
  return `models/${model}/journal/${String(seq).padStart(10, '0')}.json`
}

/** The key of the checkpoint of a model. */
export function checkpointKey(model: string): string {
  return `models/${model}/head.json`
}

/** One journal entry, or undefined when the journal is not that long. JOURNAL_BROKEN when it was changed. */
export async function readEntry(records: RecordStore, model: string, seq: number): Promise<JournalEntry | undefined> {
  const at = `entry ${seq} of the journal of ${model}`
  try {
    const bytes = await records.get(entryKey(model, seq))
    if (bytes === undefined) return undefined
    const entry = journalEntry(parseJson(bytes, at), at)
    const { hash, ...open } = entry
    const intact = entry.model === model && entry.seq === seq && digestOfJson(open) === hash && sameBytes(canonicalBytes(entry), bytes)
    if (intact) return entry
  } catch (cause) {
    if (!(cause instanceof SlipwayError) || cause.code !== 'REGISTRY_FORMAT') throw cause
    throw new SlipwayError('JOURNAL_BROKEN', `${at} cannot be read: ${cause.message}`, { cause })
  }
  throw new SlipwayError('JOURNAL_BROKEN', `${at} was changed after it was written`)
}

/** Sees an entry with the heads before and after it. */
export type EntryListener = (entry: JournalEntry, before: ModelHead, after: ModelHead) => void

/** Follows the journal from `head` to its end. */
export async function advance(records: RecordStore, head: ModelHead, onEntry?: EntryListener): Promise<ModelHead> {
  let current = head
  for (;;) {
    const entry = await readEntry(records, current.model, current.seq + 1)
    if (entry === undefined) return current
    const next = follow(current, entry)
    onEntry?.(entry, current, next)
    current = next
  }
}

/** True when `head` still belongs to the stored journal: the folder may have been replaced meanwhile. */
export async function isCurrent(records: RecordStore, head: ModelHead): Promise<boolean> {
  return head.seq === 0 || (await readEntry(records, head.model, head.seq))?.hash === head.hash
}

/**
 * The head of a model from nothing: the checkpoint, if the journal confirms it, and the entries after it; else every entry.
 * A model that is not there has seq 0. JOURNAL_BROKEN when the checkpoint knows entries that the journal has lost.
 */
export async function loadHead(records: RecordStore, model: string): Promise<ModelHead> {
  const checkpoint = await readCheckpoint(records, model)
  if (checkpoint === undefined) return await advance(records, emptyHead(model))
  const entry = await readEntry(records, model, checkpoint.seq)
  if (entry?.hash === checkpoint.hash && entry.state === stateDigest(checkpoint)) return await advance(records, checkpoint)
  const head = await advance(records, emptyHead(model))
  if (head.seq < checkpoint.seq) throw truncated(model, head.seq, checkpoint.seq)
  return head
}

/** The checkpoint of a model; undefined when there is none, or it was damaged: the journal can do without. */
export async function readCheckpoint(records: RecordStore, model: string): Promise<ModelHead | undefined> {
  try {
    const bytes = await records.get(checkpointKey(model))
    const head = bytes === undefined ? undefined : modelHead(parseJson(bytes, 'checkpoint'), 'checkpoint')
    return head?.model === model && sameBytes(canonicalBytes(head), bytes) ? head : undefined
  } catch (thrown) {
    if (thrown instanceof SlipwayError && thrown.code === 'REGISTRY_FORMAT') return undefined
    throw thrown
  }
}

/** The error for a journal that ends before an entry that is known to have been written. */
export function truncated(model: string, seq: number, known: number): SlipwayError {
  return new SlipwayError(
    'JOURNAL_BROKEN',
    `the journal of ${model} ends at entry ${seq}, but entry ${known} was written: entries were lost`,
  )
}

/** True for two arrays of the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a.length === b?.length && a.every((byte, index) => byte === b[index])
}
