import { createHash } from 'node:crypto'
import type { BlobRef } from '../core/registry-store.js'
import { canonicalJson } from './canonical-json.js'

/** `sha256:<hex>` of bytes, or of a text as UTF-8. */
export function digestOf(content: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** Digest of a JSON value: that of its canonical text. */
export function digestOfJson(value: unknown): string {
  return digestOf(canonicalJson(value))
}

/** The 64 hexadecimal digits of a digest. */
export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length)
}

/** Digest and size of a stream, which is read to its end; `write` sees each chunk before the next is pulled. */
export async function digestOfStream(
  bytes: AsyncIterable<Uint8Array>,
  write: (chunk: Uint8Array) => Promise<void> = async () => {},
): Promise<BlobRef> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of bytes) {
    hash.update(chunk)
    sizeBytes += chunk.length
    await write(chunk)
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes }
}
