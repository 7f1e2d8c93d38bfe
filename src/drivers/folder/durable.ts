import { randomUUID } from 'node:crypto'
import { link, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import { systemCode } from './failure.js'

/** Makes renames and links in a directory survive a power cut. Systems that cannot sync a directory (Windows) do it themselves. */
export async function syncDirectory(path: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    await handle.sync()
  } catch (thrown) {
    if (!['EPERM', 'EISDIR', 'EINVAL'].includes(systemCode(thrown) ?? '')) throw thrown
  } finally {
    await handle?.close()
  }
}

/** Writes a new file into `directory` through `write`, flushes it, and returns its path. A failed write leaves nothing behind. */
export async function writeTemporary(directory: string, mode: number, write: (file: FileHandle) => Promise<void>): Promise<string> {
  const path = join(directory, randomUUID())
  const file = await open(path, 'wx', 0o600)
  try {
    await write(file)
    await file.chmod(mode)
    await file.sync()
  } catch (thrown) {
    await rm(path, { force: true })
    throw thrown
  } finally {
    await file.close()
  }
  return path
}

/** Gives a temporary file its name, replacing what had it. Atomic and durable. */
export async function replaceWith(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path)
  } catch (thrown) {
    await rm(temporary, { force: true })
    throw thrown
  }
  await syncDirectory(dirname(path))
}

/** Gives a temporary file its name only if nothing has it; says whether it did. Atomic across processes, and durable. */
export async function createFrom(temporary: string, path: string): Promise<boolean> {
  try {
    return await linkOnce(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function linkOnce(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path)
  } catch (thrown) {
    const code = systemCode(thrown)
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') {
      throw new SlipwayError('REGISTRY_FORMAT', 'the folder is on a file system without hard links; put the registry on another', {
        cause: thrown,
      })
    }
    if (code !== 'EEXIST') throw thrown
    // A network file system may repeat a link that it has made: two names then mean that it was ours.
    if ((await stat(temporary)).nlink < 2) return false
  }
  await syncDirectory(dirname(path))
  return true
}
