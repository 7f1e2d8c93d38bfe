import { SlipwayError } from '../core/errors.js'
import { digestOfJson } from './digest.js'
import { lookup } from './names.js'
import type { AliasRecord, AliasTarget, JournalEntry, ModelHead } from './records.js'

/** A model before its first journal entry. */
export function emptyHead(model: string): ModelHead {
  return { schemaVersion: 1, model, seq: 0, hash: null, lastVersion: 0, versions: {}, aliases: {} }
}

/** Digest of what a journal has led to: numbers, versions and aliases. Each entry carries it, so that a checkpoint can be trusted. */
export function stateDigest(head: Pick<ModelHead, 'lastVersion' | 'versions' | 'aliases'>): string {
  const { lastVersion, versions, aliases } = head
  return digestOfJson({ lastVersion, versions, aliases })
}

/** What the next entry changes. */
export interface Change {
  readonly action: JournalEntry['action']
  readonly versions?: JournalEntry['versions']
  readonly aliases?: JournalEntry['aliases']
}

/** Who does it, why and when (ISO 8601). */
export interface Note {
  readonly actor: string
  readonly reason: string | null
  readonly at: string
}

/** The entry that makes `change` after `head`, with its place in the chain. */
export function sealEntry(head: ModelHead, change: Change, note: Note): JournalEntry {
  const { action, versions = {}, aliases = {} } = change
  const state = stateDigest(overlaid(head, { versions, aliases }))
  const open = {
    schemaVersion: 1 as const,
    model: head.model,
    seq: head.seq + 1,
    prev: head.hash,
    ...note,
    action,
    versions,
    aliases,
    state,
  }
  return { ...open, hash: digestOfJson(open) }
}

/** The head after `entry`. JOURNAL_BROKEN when the entry does not follow `head`. */
export function follow(head: ModelHead, entry: JournalEntry): ModelHead {
  const state = overlaid(head, entry)
  const follows = entry.model === head.model && entry.seq === head.seq + 1 && entry.prev === head.hash
  if (!follows || stateDigest(state) !== entry.state) {
    throw new SlipwayError('JOURNAL_BROKEN', `entry ${entry.seq} of the journal of ${head.model} does not follow from those before it`)
  }
  return { ...head, ...state, seq: entry.seq, hash: entry.hash }
}

// Differs after each move, whoever makes it.
function nextEtag(head: ModelHead): string {
  return `${head.seq + 1}-${head.hash === null ? 'first' : head.hash.slice('sha256:'.length, 'sha256:'.length + 12)}`
}

/** Where an alias stands, as the place that a later rollback leads to. */
export function standing(head: ModelHead, alias: string): AliasRecord['prev'] {
  const now = lookup(head.aliases, alias)
  return now === undefined ? null : { ...now.target, seq: now.seq }
}

/** An alias as the next entry sets it. `prev` is where a rollback will lead. */
export function movedAlias(head: ModelHead, target: AliasTarget, prev: AliasRecord['prev'], note: Note): AliasRecord {
  return { target, prev, etag: nextEtag(head), seq: head.seq + 1, ...note }
}

type Overlay = Pick<JournalEntry, 'versions' | 'aliases'>

function overlaid(head: ModelHead, change: Overlay): Pick<ModelHead, 'lastVersion' | 'versions' | 'aliases'> {
  const versions = overlay(head.versions, change.versions)
  return {
    versions,
    aliases: overlay(head.aliases, change.aliases),
    lastVersion: Math.max(head.lastVersion, ...Object.keys(change.versions).map(Number)),
  }
}

function overlay<T>(base: Readonly<Record<string, T>>, changes: Readonly<Record<string, T | null>>): Readonly<Record<string, T>> {
  const kept = Object.entries(base).filter(([key]) => !Object.hasOwn(changes, key))
  const set = Object.entries(changes).filter((change): change is [string, T] => change[1] !== null)
  return Object.fromEntries([...kept, ...set].sort(([a], [b]) => (a < b ? -1 : 1)))
}
