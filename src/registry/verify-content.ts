import { SlipwayError } from '../core/errors.js'
import type { BlobRef, RegistryStore } from '../core/registry-store.js'
import { digestOfStream } from './digest.js'
import { problemsOf, type Problem } from './finding.js'
import { blobsOf, readManifest } from './manifest.js'

/** Checks manifests and blobs, each blob once however many versions share it. */
export interface ContentCheck {
  /** The manifest of a version and every blob in it. */
  version(manifestDigest: string): Promise<readonly Problem[]>
  /** What no checked version uses. */
  unused(): Promise<readonly Problem[]>
  counts(): { readonly blobs: number; readonly bytes: number }
}

/** A check of the contents of `store`. */
export function contentCheck(store: RegistryStore): ContentCheck {
  const manifests = new Set<string>()
  const blobs = new Map<string, readonly Problem[]>()
  let bytes = 0
  const checkBlob = async (ref: BlobRef): Promise<readonly Problem[]> => {
    const known = blobs.get(ref.digest)
    if (known !== undefined) return known
    const found = await problemsOf(`blob ${ref.digest}`, async () => {
      bytes += await hashBlob(store, ref)
    })
    blobs.set(ref.digest, found)
    return found
  }
  return {
    version: async (manifestDigest) => {
      manifests.add(manifestDigest)
      const problems: Problem[] = []
      const unreadable = await problemsOf(`manifest ${manifestDigest}`, async () => {
        for (const ref of blobsOf(await readManifest(store, manifestDigest))) problems.push(...(await checkBlob(ref)))
      })
      return [...unreadable, ...problems]
    },
    unused: async () => {
      const problems: Problem[] = []
      for await (const { key } of store.records.list('manifests/')) {
        const digest = `sha256:${/([0-9a-f]{64})\.json$/u.exec(key)?.[1] ?? ''}`
        if (digest.length > 7 && !manifests.has(digest))
          problems.push(...(await problemsOf(`manifest ${digest}`, () => readManifest(store, digest))))
      }
      for await (const blob of store.blobs.list()) {
        if (!blobs.has(blob.digest)) problems.push(...(await checkBlob(blob)))
      }
      return problems
    },
    counts: () => ({ blobs: blobs.size, bytes }),
  }
}

async function hashBlob(store: RegistryStore, ref: BlobRef): Promise<number> {
  const found = await digestOfStream(store.blobs.read(ref.digest))
  if (found.digest !== ref.digest) throw new SlipwayError('INTEGRITY', `blob ${ref.digest} is damaged: its bytes have another digest`)
  if (found.sizeBytes !== ref.sizeBytes) throw new SlipwayError('INTEGRITY', `blob ${ref.digest} has another size than its manifest says`)
  return found.sizeBytes
}
