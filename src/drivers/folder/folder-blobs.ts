import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import { isDigest, type BlobInfo, type BlobRef, type BlobStore } from '../../core/registry-store.js'
import { replaceWith, writeTemporary } from './durable.js'
import { available, systemCode, tolerating, unavailable } from './failure.js'
import { blobParts, existingPath, madePath } from './paths.js'

const gone = ['ENOENT', 'ENOTDIR']
const chunkBytes = 1024 * 1024

/** The blobs of a registry folder: `blobs/sha256/ab/<hex>`, read-only files with one name each. */
export function folderBlobs(root: string, temporary: string): BlobStore {
  return {
    put: (ref, bytes) =>
      available(`storing ${ref.digest}`, async () => {
        const path = await madePath(root, blobParts(ref.digest))
        await replaceWith(await writeTemporary(temporary, 0o444, (file) => writeChecked(file, ref, bytes)), path)
      }),
    read: (digest) => readBlob(root, digest),
    stat: (digest) => available(`reading ${digest}`, () => blobInfo(root, digest)),
    list: () => listBlobs(root),
    delete: (blob) =>
      available(`deleting ${blob.digest}`, async () => {
        const now = await blobInfo(root, blob.digest)
        if (now === undefined || now.modifiedMs !== blob.modifiedMs) return false
        await rm(join(root, ...blobParts(blob.digest)), { force: true })
        return true
      }),
  }
}

async function writeChecked(file: FileHandle, ref: BlobRef, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of bytes) {
    sizeBytes += chunk.length
    if (sizeBytes > ref.sizeBytes) break
    hash.update(chunk)
    await file.writeFile(chunk)
  }
  const digest = `sha256:${hash.digest('hex')}`
  if (sizeBytes !== ref.sizeBytes || digest !== ref.digest) {
    throw new SlipwayError('INTEGRITY', `the bytes given for ${ref.digest} are others: they changed while they were read, or were damaged`)
  }
}

async function* readBlob(root: string, digest: string): AsyncGenerator<Uint8Array> {
  const file = await available(`reading ${digest}`, () => openBlob(root, digest))
  try {
    for (;;) {
      const buffer = new Uint8Array(chunkBytes)
      const { bytesRead } = await file.read(buffer, 0, chunkBytes)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } catch (thrown) {
    throw unavailable(`reading ${digest}`, thrown)
  } finally {
    await file.close()
  }
}

// Neither followed (a link may lead anywhere) nor waited for (a pipe may never answer).
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

async function openBlob(root: string, digest: string): Promise<FileHandle> {
  const path = await existingPath(root, blobParts(digest))
  const file = path === undefined ? undefined : await tolerating([...gone, 'ELOOP', 'EMLINK'], undefined, () => open(path, openFlags))
  if (file === undefined) throw new SlipwayError('INTEGRITY', `blob ${digest} is missing`)
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new SlipwayError('INTEGRITY', `blob ${digest} is not a plain file`)
}

async function blobInfo(root: string, digest: string): Promise<BlobInfo | undefined> {
  const path = await existingPath(root, blobParts(digest))
  const stats = path === undefined ? undefined : await tolerating(gone, undefined, () => lstat(path))
  return stats?.isFile() === true ? { digest, sizeBytes: stats.size, modifiedMs: stats.mtimeMs } : undefined
}

async function* listBlobs(root: string): AsyncGenerator<BlobInfo> {
  for (const shard of await names(join(root, 'blobs', 'sha256'))) {
    for (const name of await names(join(root, 'blobs', 'sha256', shard))) {
      const digest = `sha256:${name}`
      if (!isDigest(digest) || basename(shard) !== name.slice(0, 2)) continue
      const info = await available(`reading ${digest}`, () => blobInfo(root, digest))
      if (info !== undefined) yield info
    }
  }
}

async function names(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort()
  } catch (thrown) {
    if (gone.includes(systemCode(thrown) ?? '')) return []
    throw unavailable('listing blobs', thrown)
  }
}
