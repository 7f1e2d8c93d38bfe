import type { RegistryStore } from '../core/registry-store.js'
import { hexOf } from './digest.js'
import type { Ledger } from './ledger.js'
import { blobsOf, readManifest } from './manifest.js'
import { modelNames } from './models.js'

/** How to collect. */
export interface GcOptions {
  /**
   * Younger blobs and manifests stay, for they may belong to a version that is being added right now. Default: a day. 0 is safe only
   * while nobody adds.
   */
  readonly graceMs?: number
}

/** What was removed. */
export interface GcReport {
  readonly blobs: number
  readonly manifests: number
  readonly bytes: number
}

const dayMs = 86_400_000

/**
 * Removes manifests and blobs that no version uses. Throws, and removes nothing, when it cannot read every journal and manifest:
 * what they use is not known then.
 */
export async function collectGarbage(store: RegistryStore, ledger: Ledger, nowMs: number, options: GcOptions = {}): Promise<GcReport> {
  const oldest = nowMs - (options.graceMs ?? dayMs)
  const used = await markUsed(store, ledger)
  let [blobs, bytes] = [0, 0]
  for await (const blob of store.blobs.list()) {
    if (used.has(blob.digest) || blob.modifiedMs > oldest || !(await store.blobs.delete(blob))) continue
    blobs += 1
    bytes += blob.sizeBytes
  }
  return { blobs, bytes, manifests: await sweepManifests(store, used, oldest) }
}

async function markUsed(store: RegistryStore, ledger: Ledger): Promise<ReadonlySet<string>> {
  const used = new Set<string>()
  for (const name of await modelNames(store.records)) {
    const { versions } = await ledger.head(name)
    for (const { digest } of Object.values(versions)) {
      used.add(digest)
      for (const blob of blobsOf(await readManifest(store, digest))) used.add(blob.digest)
    }
  }
  return used
}

async function sweepManifests(store: RegistryStore, used: ReadonlySet<string>, oldest: number): Promise<number> {
  const usedHex = new Set([...used].map(hexOf))
  let removed = 0
  for await (const info of store.records.list('manifests/')) {
    const hex = /^manifests\/([0-9a-f]{64})\.json$/u.exec(info.key)?.[1]
    if (hex === undefined || usedHex.has(hex) || info.kind !== 'record' || info.modifiedMs > oldest) continue
    await store.records.delete(info.key)
    removed += 1
  }
  return removed
}
