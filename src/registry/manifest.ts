import { SlipwayError } from '../core/errors.js'
import { isDigest, type BlobRef, type RegistryStore } from '../core/registry-store.js'
import { canonicalBytes } from './canonical-json.js'
import { digestOf, digestOfJson, hexOf } from './digest.js'
import { isContentPath } from './content-path.js'
import { isModelName } from './names.js'
import {
  anything,
  count,
  dictionary,
  flag,
  list,
  nullable,
  number,
  oneOf,
  parseJson,
  struct,
  text,
  textThat,
  type Reader,
} from './shape.js'

/** A file of external tensor data, with the path by which the graph names it. */
interface ExternalBlob extends BlobRef {
  readonly path: string
}

/** The artifact of a fallback model, with the name that the definition gives it. */
interface FallbackBlob extends BlobRef {
  readonly name: string
}

/** What the gate read in the artifact. */
export interface GraphFacts {
  /** Version of each operator set, by domain. */
  readonly opset: Readonly<Record<string, number>>
  /** How often each operator occurs. */
  readonly operators: Readonly<Record<string, number>>
  readonly parameters: number
  readonly hasLoop: boolean
  readonly sizeBytes: number
}

/** What the gate measured when it admitted the version. */
export interface Measured {
  readonly loadMs: number
  readonly runMs: number
  readonly engine: string
}

/** Everything that a version is. It never changes; the SHA-256 of its canonical JSON is the digest of the version. */
export interface VersionManifest {
  readonly schemaVersion: 1
  readonly name: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly artifact: BlobRef
  readonly externalData: readonly ExternalBlob[]
  readonly fallbacks: readonly FallbackBlob[]
  /** Bundled ESM whose default export is the model definition; null when everything is derived from the graph. */
  readonly definition: BlobRef | null
  /** JSON of golden rows and outputs, recorded at admission. */
  readonly golden: BlobRef | null
  /** JSON of the reference profile of the training data. */
  readonly profile: BlobRef | null
  /** JSON description of inputs and outputs. */
  readonly signature: unknown
  readonly graph: GraphFacts
  readonly measured: Measured | null
  /** Where it comes from: run, commit, data digests. */
  readonly lineage: Readonly<Record<string, string>>
}

export const digest: Reader<string> = textThat(isDigest, 'a digest')
const contentPath = textThat(isContentPath, 'a path inside the version')
const blob: Reader<BlobRef> = struct({ digest, sizeBytes: count })
const graph: Reader<GraphFacts> = struct({
  opset: dictionary(number),
  operators: dictionary(count),
  parameters: count,
  hasLoop: flag,
  sizeBytes: count,
})

const readManifestShape: Reader<VersionManifest> = struct({
  schemaVersion: oneOf(1),
  name: textThat(isModelName, 'a model name'),
  createdAt: text,
  artifact: blob,
  externalData: list(struct({ digest, sizeBytes: count, path: contentPath })),
  fallbacks: list(struct({ digest, sizeBytes: count, name: text })),
  definition: nullable(blob),
  golden: nullable(blob),
  profile: nullable(blob),
  signature: anything,
  graph,
  measured: nullable(struct({ loadMs: number, runMs: number, engine: text })),
  lineage: dictionary(text),
})

/** The key of the record that holds a manifest. */
export function manifestKey(manifestDigest: string): string {
  return `manifests/${hexOf(manifestDigest)}.json`
}

/** The bytes of a manifest, and their digest. */
export function encodeManifest(manifest: VersionManifest): { readonly bytes: Uint8Array; readonly digest: string } {
  const bytes = canonicalBytes(manifest)
  readManifestShape(parseJson(bytes, 'manifest'), 'manifest')
  return { bytes, digest: digestOf(bytes) }
}

/** Equal for two manifests of one content: neither the time of adding nor what was measured counts. */
export function manifestIdentity(manifest: VersionManifest): string {
  const { createdAt: _, measured: __, ...content } = manifest
  return digestOfJson(content)
}

/** Reads a stored manifest and checks it against its digest. INTEGRITY when it is missing or damaged. */
export async function readManifest(store: RegistryStore, manifestDigest: string): Promise<VersionManifest> {
  const bytes = await store.records.get(manifestKey(manifestDigest))
  if (bytes === undefined) throw new SlipwayError('INTEGRITY', `manifest ${manifestDigest} is missing`)
  if (digestOf(bytes) !== manifestDigest)
    throw new SlipwayError('INTEGRITY', `manifest ${manifestDigest} is damaged: its bytes have another digest`)
  return readManifestShape(parseJson(bytes, `manifest ${manifestDigest}`), `manifest ${manifestDigest}`)
}

/** Every blob that a version consists of. */
export function blobsOf(manifest: VersionManifest): readonly BlobRef[] {
  const optional = [manifest.definition, manifest.golden, manifest.profile].filter((ref) => ref !== null)
  return [manifest.artifact, ...manifest.externalData, ...manifest.fallbacks, ...optional]
}
