import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SlipwayError } from '../core/errors.js'
import { isDigest, type BlobRef, type RegistryStore } from '../core/registry-store.js'
import { isIntact, readIntact, type CheckoutFile } from './checkout-check.js'
import { contentNames, fallbackName } from './content-path.js'
import { digestOfStream, hexOf } from './digest.js'
import { readManifest, type VersionManifest } from './manifest.js'
import { quoted } from './names.js'
import { parseJson } from './shape.js'

/** A version as files in a private directory, every byte checked against the manifest. */
export interface Checkout {
  readonly dir: string
  readonly manifest: VersionManifest
  /** The ONNX file; its external data lie where it names them. */
  readonly artifactPath: string
  /** The bundled definition, or null when the version has none. */
  readonly definitionPath: string | null
  readonly fallbackPaths: readonly { readonly name: string; readonly path: string }[]
  /** The recorded examples, parsed, or null. */
  readonly golden: unknown
  /** The reference profile, parsed, or null. */
  readonly profile: unknown
}

const leftoverMs = 86_400_000
const maxRaces = 20

/**
 * Copies a version into `<cacheDir>/<hex of the digest>`, checking each byte on the way: INTEGRITY when one differs, and nothing is
 * left behind. A directory that is there already is checked again and used; a damaged one is replaced. Several processes may do it at
 * once. Files are copied, never linked, so that nobody can change them through another name.
 */
export async function checkoutVersion(store: RegistryStore, digest: string, cacheDir: string): Promise<Checkout> {
  if (!isDigest(digest)) throw new SlipwayError('VERSION_UNKNOWN', `${quoted(digest)} is not the digest of a version`)
  const manifest = await readManifest(store, digest)
  const files = checkoutFiles(manifest)
  const dir = join(cacheDir, hexOf(digest))
  if (!(await isIntact(dir, files))) await materialise(store, files, dir)
  return describe(dir, manifest)
}

function checkoutFiles(manifest: VersionManifest): readonly CheckoutFile[] {
  const { artifact, definition, golden, profile } = manifest
  const named = Object.entries({ artifact, definition, golden, profile })
    .filter((pair): pair is [keyof typeof contentNames, BlobRef] => pair[1] !== null)
    .map(([role, ref]) => ({ path: contentNames[role], ref }))
  const fallbacks = manifest.fallbacks.map((ref, index) => ({ path: fallbackName(index), ref }))
  return [...named, ...fallbacks, ...manifest.externalData.map((ref) => ({ path: ref.path, ref }))]
}

async function describe(dir: string, manifest: VersionManifest): Promise<Checkout> {
  const json = async (name: string, ref: BlobRef | null): Promise<unknown> =>
    ref === null ? null : parseJson(await readIntact(join(dir, name), ref), name)
  return {
    dir,
    manifest,
    artifactPath: join(dir, contentNames.artifact),
    definitionPath: manifest.definition === null ? null : join(dir, contentNames.definition),
    fallbackPaths: manifest.fallbacks.map(({ name }, index) => ({ name, path: join(dir, fallbackName(index)) })),
    golden: await json(contentNames.golden, manifest.golden),
    profile: await json(contentNames.profile, manifest.profile),
  }
}

async function materialise(store: RegistryStore, files: readonly CheckoutFile[], dir: string): Promise<void> {
  const cacheDir = dirname(dir)
  await mkdir(cacheDir, { recursive: true, mode: 0o700 })
  await removeLeftovers(cacheDir)
  const building = join(cacheDir, `.tmp-${randomUUID()}`)
  try {
    await mkdir(building, { mode: 0o700 })
    for (const file of files) await copyBlob(store, file.ref, join(building, file.path))
    await putInPlace(building, dir, files)
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

async function copyBlob(store: RegistryStore, ref: BlobRef, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'wx', 0o400)
  try {
    let left = ref.sizeBytes
    const copied = await digestOfStream(store.blobs.read(ref.digest), async (chunk) => {
      left -= chunk.length
      if (left < 0) throw damaged(ref)
      await file.writeFile(chunk)
    })
    if (copied.digest !== ref.digest || left !== 0) throw damaged(ref)
  } finally {
    await file.close()
  }
}

// Whoever comes second finds a directory in place: it is as good as ours when it is intact, and is moved away when it is not.
async function putInPlace(building: string, dir: string, files: readonly CheckoutFile[]): Promise<void> {
  for (let races = 0; races < maxRaces; races++) {
    try {
      return await rename(building, dir)
    } catch (cause) {
      if (await isIntact(dir, files)) return
      if (races === maxRaces - 1) throw cause
    }
    await moveAway(dir)
  }
}

async function moveAway(dir: string): Promise<void> {
  const away = join(dirname(dir), `.tmp-${randomUUID()}`)
  try {
    await rename(dir, away)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return
    throw thrown
  }
  await rm(away, { recursive: true, force: true })
}

async function removeLeftovers(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith('.tmp-')) continue
    const path = join(cacheDir, name)
    const stats = await stat(path).catch(() => undefined)
    if (stats !== undefined && stats.mtimeMs < Date.now() - leftoverMs) await rm(path, { recursive: true, force: true })
  }
}

function damaged(ref: BlobRef): SlipwayError {
  return new SlipwayError('INTEGRITY', `blob ${ref.digest} is damaged: its bytes have another digest`)
}
