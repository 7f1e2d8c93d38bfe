import { SlipwayError } from '../core/errors.js'
import type { RegistryStore } from '../core/registry-store.js'
import { addVersion, type Added, type VersionContent } from './add.js'
import { checkoutVersion, type Checkout } from './checkout.js'
import { ensureFormat } from './format.js'
import { collectGarbage, type GcOptions, type GcReport } from './gc.js'
import { housekeep } from './housekeeping.js'
import { openLedger } from './ledger.js'
import { readManifest, type VersionManifest } from './manifest.js'
import { checkAliasName, checkModelName } from './names.js'
import { madeBy, type By, type Move } from './note.js'
import { listModels, showModel, type ModelDetails, type ModelSummary } from './overview.js'
import { planPromote, planRemove, planRollback, planUnalias } from './plans.js'
import type { AliasRecord, AliasTarget } from './records.js'
import { parseReference, parseSelector } from './reference.js'
import { aliasOf, selectTarget } from './resolve.js'
import { verifyRegistry, type VerifyReport } from './verify.js'
import { watchRegistry, type Flip, type Watcher, type WatchOptions } from './watch.js'

/** How to open a registry. */
export interface RegistryOptions {
  /** `when-empty` (default) makes a registry of an empty store; `never` refuses one with REGISTRY_FORMAT. */
  readonly create?: 'when-empty' | 'never'
  /** The time, in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number
  /** Hears of a change that has happened but could not be shown in the alias files. Default: a warning of the process. */
  readonly onProblem?: (problem: unknown) => void
}

/** A version, as a reference found it. */
export interface Resolved extends AliasTarget {
  readonly name: string
  /** The alias it was found by; null for a number or digest. */
  readonly alias: string | null
  readonly manifest: VersionManifest
}

/** Versions and aliases of models. Several processes may have the same registry open. */
export interface Registry {
  /** Where it is, for messages to the operator. */
  readonly location: string
  /**
   * Makes `content` the next version of the model, and `latest` point at it; the first version also becomes `champion`. Content that a
   * version already has (whatever `measured` says) gives that version and changes nothing.
   */
  add(name: string, content: VersionContent, by: By): Promise<Added>
  /** Every model, sorted by name; one that cannot be read carries its problem. */
  list(): Promise<readonly ModelSummary[]>
  /** Versions, aliases and the last `entries` (default 20) journal entries of a model. */
  show(name: string, options?: { readonly entries?: number }): Promise<ModelDetails>
  /** What `fraud` (its champion, else its latest version), `fraud@alias`, `fraud@3` or `fraud@sha256:…` is now. */
  resolve(reference: string): Promise<Resolved>
  /** Points an alias at a version, given by number, digest or another alias. ALIAS_CONFLICT when the alias has not the expected etag. */
  promote(name: string, version: string | number, alias: string, move: Move): Promise<AliasRecord>
  /** Points an alias at where it stood before; each further call goes one step further back. VERSION_UNKNOWN at the beginning. */
  rollback(name: string, alias: string, move: Move): Promise<AliasRecord>
  /** Removes an alias. */
  unalias(name: string, alias: string, move: Move): Promise<void>
  /** Removes a version, given by number or digest. VERSION_IN_USE while an alias points at it. Its number is not given again. */
  remove(name: string, version: string | number, by: By): Promise<void>
  /** Checks every byte of one model or of the whole registry. What is wrong is in the report. */
  verify(name?: string): Promise<VerifyReport>
  /** Frees the space of removed versions. */
  gc(options?: GcOptions): Promise<GcReport>
  /** Copies a version into its own directory below `cacheDir`, every byte checked: INTEGRITY when one differs. */
  checkout(digest: string, cacheDir: string): Promise<Checkout>
  /** Calls `listener` for every move of an alias that any process makes from now on. */
  watch(listener: (flip: Flip) => void, options?: WatchOptions): Promise<Watcher>
  /** Ends watches and closes the store. */
  close(): Promise<void>
}

/** Opens the registry in `store`, and brings up to date what an interrupted process left behind. */
export async function openRegistry(store: RegistryStore, options: RegistryOptions = {}): Promise<Registry> {
  const { now = Date.now, onProblem = warn } = options
  await ensureFormat(store, options.create ?? 'when-empty')
  const ledger = openLedger(store.records, onProblem)
  await housekeep(store, ledger)
  const watchers = new Set<Watcher>()
  const note = (by: By): ReturnType<typeof madeBy> => madeBy(by, now())
  return {
    location: store.location,
    add: async (name, content, by) => await addVersion(store, ledger, checkModelName(name), content, note(by)),
    list: async () => await listModels(ledger),
    show: async (name, { entries = 20 } = {}) => await showModel(ledger, checkModelName(name), entries),
    resolve: async (reference) => {
      const { name, selector } = parseReference(reference)
      const { target, alias } = selectTarget(await ledger.head(name), selector)
      return { name, ...target, alias, manifest: await readManifest(store, target.digest) }
    },
    promote: async (name, version, alias, move) => {
      const plan = planPromote(parseSelector(version), checkAliasName(alias), move.expect)
      return aliasOf(await ledger.commit(checkModelName(name), note(move), plan), alias)
    },
    rollback: async (name, alias, move) => {
      const plan = planRollback(store.records, checkAliasName(alias), move.expect)
      return aliasOf(await ledger.commit(checkModelName(name), note(move), plan), alias)
    },
    unalias: async (name, alias, move) => {
      await ledger.commit(checkModelName(name), note(move), planUnalias(checkAliasName(alias), move.expect))
    },
    remove: async (name, version, by) => {
      await ledger.commit(checkModelName(name), note(by), planRemove(versionSelector(version)))
    },
    verify: async (name) => await verifyRegistry(store, ledger, name === undefined ? undefined : checkModelName(name)),
    gc: async (gcOptions) => await collectGarbage(store, ledger, now(), gcOptions),
    checkout: async (digest, cacheDir) => await checkoutVersion(store, digest, cacheDir),
    watch: async (listener, watchOptions) => {
      const watcher = await watchRegistry(store, listener, watchOptions)
      watchers.add(watcher)
      return watcher
    },
    close: async () => {
      await Promise.all([...watchers].map((watcher) => watcher.close()))
      await store.close()
    },
  }
}

function versionSelector(version: string | number): ReturnType<typeof parseSelector> {
  const selector = parseSelector(version)
  if (selector.kind !== 'alias') return selector
  throw new SlipwayError('VERSION_UNKNOWN', `a version is removed by its number or digest, not through the alias ${selector.alias}`)
}

function warn(problem: unknown): void {
  process.emitWarning(problem instanceof Error ? problem.message : String(problem), 'SlipwayRegistryWarning')
}
