import { constants } from 'node:fs'
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { SlipwayError } from '../core/errors.js'
import type { BlobRef } from '../core/registry-store.js'
import { digestOf, digestOfStream } from './digest.js'

/** A file of a checkout: where, and what it must be. */
export interface CheckoutFile {
  readonly path: string
  readonly ref: BlobRef
}

/** True when `dir` is a directory with exactly these files, each a plain file with one name and the bytes of its digest. */
export async function isIntact(dir: string, files: readonly CheckoutFile[]): Promise<boolean> {
  try {
    if (!(await lstat(dir)).isDirectory() || !(await hasExactly(dir, files))) return false
    for (const { path, ref } of files) {
      if (!(await matches(join(dir, path), ref))) return false
    }
    return true
  } catch (thrown) {
    if (isAbsence(thrown)) return false
    throw thrown
  }
}

/** The bytes of a checked-out file. INTEGRITY when they are not those of `ref`. */
export async function readIntact(path: string, ref: BlobRef): Promise<Uint8Array> {
  const file = await openPlain(path)
  try {
    const bytes = new Uint8Array(await file.readFile())
    if (digestOf(bytes) === ref.digest) return bytes
  } finally {
    await file.close()
  }
  throw new SlipwayError('INTEGRITY', `the checked-out copy of ${ref.digest} was changed`)
}

async function hasExactly(dir: string, files: readonly CheckoutFile[]): Promise<boolean> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true })
  const found = entries.filter((entry) => !entry.isDirectory())
  const paths = new Set(found.map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/')))
  return paths.size === files.length && found.every((entry) => entry.isFile()) && files.every(({ path }) => paths.has(path))
}

async function matches(path: string, ref: BlobRef): Promise<boolean> {
  const file = await openPlain(path)
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.nlink !== 1 || stats.size !== ref.sizeBytes) return false
    const stream: AsyncIterable<Uint8Array> = file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 })
    return (await digestOfStream(stream)).digest === ref.digest
  } finally {
    await file.close()
  }
}

async function openPlain(path: string): Promise<FileHandle> {
  return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
}

function isAbsence(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP'
}
