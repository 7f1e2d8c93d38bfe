import { SlipwayError } from '../core/errors.js'
import type { BlobRef, RegistryStore } from '../core/registry-store.js'
import { checkExternalPaths } from './content-path.js'
import type { Note } from './head.js'
import type { Ledger } from './ledger.js'
import {
  encodeManifest,
  manifestIdentity,
  manifestKey,
  readManifest,
  type GraphFacts,
  type Measured,
  type VersionManifest,
} from './manifest.js'
import { quoted } from './names.js'
import { planAdd } from './plans.js'
import type { AliasTarget, ModelHead } from './records.js'
import { versionNumbers } from './resolve.js'
import { describeSource, storeSource, type Source } from './source.js'

/** What a new version consists of. */
export interface VersionContent {
  readonly artifact: Source
  readonly externalData?: readonly { readonly path: string; readonly source: Source }[]
  readonly fallbacks?: readonly { readonly name: string; readonly source: Source }[]
  readonly definition?: Source | null
  readonly golden?: Source | null
  readonly profile?: Source | null
  readonly signature: unknown
  readonly graph: GraphFacts
  readonly measured?: Measured | null
  readonly lineage?: Readonly<Record<string, string>>
}

/** The version that holds the content, and whether it is new. */
export interface Added extends AliasTarget {
  readonly outcome: 'added' | 'existing'
}

/** Stores the content, then makes it a version in one step. Content that a version already has gives that version. */
export async function addVersion(store: RegistryStore, ledger: Ledger, name: string, content: VersionContent, note: Note): Promise<Added> {
  const sources: Stored = new Map()
  const manifest = await makeManifest(name, content, note.at, sources)
  const { bytes, digest } = encodeManifest(manifest)
  const identity = manifestIdentity(manifest)
  for (const { ref, source } of sources.values()) await storeSource(store.blobs, ref, source)

  let existing: AliasTarget | undefined
  const head = await ledger.commit(name, note, async (now, committed) => {
    existing = await findIntact(store, now, identity)
    if (existing !== undefined) return undefined
    await storeMissing(store, sources)
    await store.records.put(manifestKey(digest), bytes)
    return planAdd({ digest, identity })(now, committed)
  })
  return existing === undefined ? { version: head.lastVersion, digest, outcome: 'added' } : { ...existing, outcome: 'existing' }
}

type Stored = Map<string, { readonly ref: BlobRef; readonly source: Source }>

async function makeManifest(name: string, content: VersionContent, createdAt: string, sources: Stored): Promise<VersionManifest> {
  const { artifact, externalData = [], fallbacks = [], signature, graph, measured = null, lineage = {} } = content
  checkExternalPaths(externalData.map(({ path }) => path))
  checkFallbackNames(fallbacks.map((fallback) => fallback.name))
  const described = async (source: Source): Promise<BlobRef> => {
    const ref = await describeSource(source)
    sources.set(ref.digest, { ref, source })
    return ref
  }
  const optional = async (source: Source | null = null): Promise<BlobRef | null> => (source === null ? null : await described(source))
  return {
    schemaVersion: 1,
    name,
    createdAt,
    artifact: await described(artifact),
    externalData: await inTurn(externalData, async ({ path, source }) => ({ path, ...(await described(source)) })),
    fallbacks: await inTurn(fallbacks, async (fallback) => ({ name: fallback.name, ...(await described(fallback.source)) })),
    definition: await optional(content.definition),
    golden: await optional(content.golden),
    profile: await optional(content.profile),
    signature,
    graph,
    measured,
    lineage,
  }
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  for (const item of items) results.push(await work(item))
  return results
}

function checkFallbackNames(names: readonly string[]): void {
  const wrong = names.find((name, index) => name === '' || names.indexOf(name) !== index)
  if (wrong !== undefined)
    throw new SlipwayError('DEFINITION_INVALID', `fallback models need names of their own; ${quoted(wrong)} is empty or given twice`)
}

// A version whose manifest is damaged does not count: adding its content again is how it is repaired.
async function findIntact(store: RegistryStore, head: ModelHead, identity: string): Promise<AliasTarget | undefined> {
  const version = versionNumbers(head).findLast((number) => head.versions[number]?.identity === identity)
  const digest = version === undefined ? undefined : head.versions[version]?.digest
  if (version === undefined || digest === undefined) return undefined
  try {
    await readManifest(store, digest)
    return { version, digest }
  } catch (thrown) {
    if (thrown instanceof SlipwayError && thrown.code === 'INTEGRITY') return undefined
    throw thrown
  }
}

// A collection that began before the blobs were stored anew may have taken the old ones.
async function storeMissing(store: RegistryStore, sources: Stored): Promise<void> {
  for (const { ref, source } of sources.values()) {
    if ((await store.blobs.stat(ref.digest)) === undefined) await storeSource(store.blobs, ref, source)
  }
}
