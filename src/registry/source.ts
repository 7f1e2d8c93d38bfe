import { createReadStream } from 'node:fs'
import { SlipwayError } from '../core/errors.js'
import type { BlobRef, BlobStore } from '../core/registry-store.js'
import { digestOf, digestOfStream } from './digest.js'

/** Content to be stored: bytes, the path of a file, or a path with the digest that the file was inspected under. */
export type Source = Uint8Array | string | { readonly path: string; readonly digest: string }

/** Digest and size of a source. FILE_UNKNOWN when the file is not there, INTEGRITY when it is not the one that was inspected. */
export async function describeSource(source: Source): Promise<BlobRef> {
  if (source instanceof Uint8Array) return { digest: digestOf(source), sizeBytes: source.length }
  const { path, digest } = typeof source === 'string' ? { path: source, digest: undefined } : source
  const ref = await digestOfStream(fileBytes(path))
  if (digest === undefined || digest === ref.digest) return ref
  throw new SlipwayError('INTEGRITY', `${path} was changed after it was inspected`)
}

/** Stores a source, described before. INTEGRITY when a file changed in between. */
export async function storeSource(blobs: BlobStore, ref: BlobRef, source: Source): Promise<void> {
  if (source instanceof Uint8Array) await blobs.put(ref, oneChunk(source))
  else await blobs.put(ref, fileBytes(typeof source === 'string' ? source : source.path))
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    const stream: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 1024 * 1024 })
    yield* stream
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') throw new SlipwayError('FILE_UNKNOWN', `no file ${path}`, { cause })
    if (code === 'EACCES' || code === 'EPERM') throw new SlipwayError('FILE_UNKNOWN', `${path} may not be read: ${code}`, { cause })
    throw cause
  }
}
