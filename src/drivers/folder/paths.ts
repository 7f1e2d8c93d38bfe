import { lstat, mkdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import { isRecordKey } from '../../core/registry-store.js'
import { syncDirectory } from './durable.js'
import { systemCode, tolerating } from './failure.js'

/** The parts of the file that holds the record `key`. INTERNAL for a key that is not one: names are checked long before. */
export function recordParts(key: string): readonly string[] {
  if (!isRecordKey(key)) throw new SlipwayError('INTERNAL', `${JSON.stringify(key.slice(0, 200))} is not a record key`)
  return key.split('/')
}

/** The parts of the file that holds a blob. INTERNAL for a text that is not a digest. */
export function blobParts(digest: string): readonly string[] {
  const hex = /^sha256:([0-9a-f]{64})$/u.exec(digest)?.[1]
  if (hex === undefined) throw new SlipwayError('INTERNAL', `${JSON.stringify(digest.slice(0, 200))} is not a digest`)
  return ['blobs', 'sha256', hex.slice(0, 2), hex]
}

/**
 * The path of a file below `root` (itself a real path), or undefined when its directory does not exist. REGISTRY_FORMAT when a
 * directory on the way is a symbolic link: nothing inside a registry may lead out of it.
 */
export async function existingPath(root: string, parts: readonly string[]): Promise<string | undefined> {
  const path = join(root, ...parts)
  const real = await tolerating(['ENOENT', 'ENOTDIR'], undefined, () => realpath(dirname(path)))
  if (real !== undefined && real !== dirname(path)) throw leadsOut(parts)
  return real === undefined ? undefined : path
}

/** Like `existingPath`, but makes the missing directories (mode 0700), each one durable in its parent. */
export async function madePath(root: string, parts: readonly string[]): Promise<string> {
  const path = await existingPath(root, parts)
  if (path !== undefined) return path
  let directory = root
  for (const part of parts.slice(0, -1)) {
    directory = join(directory, part)
    await makeDirectory(directory, parts)
  }
  return join(root, ...parts)
}

async function makeDirectory(directory: string, parts: readonly string[]): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 })
    await syncDirectory(dirname(directory))
  } catch (thrown) {
    if (systemCode(thrown) !== 'EEXIST') throw thrown
    if (!(await lstat(directory)).isDirectory()) throw leadsOut(parts)
  }
}

function leadsOut(parts: readonly string[]): SlipwayError {
  return new SlipwayError('REGISTRY_FORMAT', `the way to ${parts.join('/')} leaves the registry through a link`)
}
