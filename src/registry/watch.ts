import type { RegistryStore } from '../core/registry-store.js'
import { emptyHead } from './head.js'
import { advance, entryKey, isCurrent, loadHead, type EntryListener } from './journal.js'
import { modelNames } from './models.js'
import { lookup } from './names.js'
import { pollLoop, problemGuard } from './poll-loop.js'
import type { AliasTarget, JournalEntry, ModelHead } from './records.js'

/** An alias that was moved, set or removed. */
export interface Flip {
  readonly model: string
  readonly alias: string
  /** Null when the alias is new. */
  readonly from: AliasTarget | null
  /** Null when the alias was removed. */
  readonly to: AliasTarget | null
  readonly action: JournalEntry['action']
  readonly seq: number
  readonly at: string
  readonly actor: string
  readonly reason: string | null
}

/** How to watch. */
export interface WatchOptions {
  /** How often to look when the store gives no hint. Default 250. */
  readonly pollMs?: number
  /** The models to watch. Default: all, also those that come later. */
  readonly models?: readonly string[]
  readonly signal?: AbortSignal
  /** Hears of models that cannot be read, and of a listener that throws; the watch goes on. Default: a warning of the process. */
  readonly onProblem?: (problem: unknown) => void
}

/** A running watch. */
export interface Watcher {
  /** Stops; resolves when the listener will not be called again. */
  close(): Promise<void>
}

/** A poll in so many also looks whether the registry was replaced by another. */
const thoroughEvery = 4

/**
 * Calls `listener` for every move of an alias that is made after the returned promise has resolved, by any process, in order, once.
 * It reads the journal, so none is missed, however short the alias stood there. Folders may vanish and come back.
 */
export async function watchRegistry(store: RegistryStore, listener: (flip: Flip) => void, options: WatchOptions = {}): Promise<Watcher> {
  const guard = problemGuard(options.onProblem)
  const heads = new Map<string, ModelHead>()
  const eachModel = async (work: (name: string) => Promise<void>): Promise<void> => {
    for (const name of options.models ?? (await modelNames(store.records))) await guard(name, () => work(name))
  }
  const advanced: EntryListener = (entry, before, after) => {
    heads.set(entry.model, after)
    for (const flip of flipsOf(entry, before)) void guard('', async () => listener(flip))
  }
  await eachModel(async (name) => void heads.set(name, await baseline(store, heads, name)))
  const poll = async (turn: number): Promise<void> => {
    const thorough = turn % thoroughEvery === 0
    await eachModel((name) => step(store, heads.get(name) ?? emptyHead(name), thorough, advanced))
  }
  const loop = pollLoop((turn) => guard('', () => poll(turn)), options.pollMs ?? 250, store.watch?.bind(store))
  options.signal?.addEventListener('abort', () => void loop.close(), { once: true })
  if (options.signal?.aborted === true) await loop.close()
  return loop
}

// Of a broken journal, what can be read is past too.
async function baseline(store: RegistryStore, heads: Map<string, ModelHead>, name: string): Promise<ModelHead> {
  try {
    return await loadHead(store.records, name)
  } catch (thrown) {
    await advance(store.records, emptyHead(name), (_, __, after) => heads.set(name, after))
    throw thrown
  }
}

async function step(store: RegistryStore, head: ModelHead, thorough: boolean, onEntry: EntryListener): Promise<void> {
  const more = await store.records.has(entryKey(head.model, head.seq + 1))
  if (!more && !thorough) return
  if (await isCurrent(store.records, head)) await advance(store.records, head, onEntry)
  // Either gone for now, or another journal stands in its place, which is news from its first entry.
  else if (await store.records.has(entryKey(head.model, 1))) await advance(store.records, emptyHead(head.model), onEntry)
}

function flipsOf(entry: JournalEntry, before: ModelHead): readonly Flip[] {
  const { model, action, seq, at, actor, reason } = entry
  return Object.entries(entry.aliases).map(([alias, record]) => {
    const from = lookup(before.aliases, alias)?.target ?? null
    return { model, alias, from, to: record?.target ?? null, action, seq, at, actor, reason }
  })
}
