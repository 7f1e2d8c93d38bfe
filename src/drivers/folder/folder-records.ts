import type { Dirent } from 'node:fs'
import { constants } from 'node:fs'
import { lstat, open, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import { isRecordKeyPart, type RecordInfo, type RecordStore } from '../../core/registry-store.js'
import { createFrom, replaceWith, syncDirectory, writeTemporary } from './durable.js'
import { available, systemCode, tolerating } from './failure.js'
import { existingPath, madePath, recordParts } from './paths.js'

/** No record is near this size; what is larger was not written by slipway. */
const maxRecordBytes = 64 * 1024 * 1024
const gone = ['ENOENT', 'ENOTDIR']

/** The records of a registry folder: one file each, found at its key. `onWrite` is called after each change. */
export function folderRecords(root: string, temporary: string, onWrite: () => Promise<void>): RecordStore {
  const written = (bytes: Uint8Array): Promise<string> => writeTemporary(temporary, 0o600, (file) => file.writeFile(bytes))
  return {
    get: (key) => available(`reading ${key}`, () => readRecord(root, key)),
    has: (key) => available(`reading ${key}`, () => exists(join(root, ...recordParts(key)))),
    create: (key, bytes) =>
      available(`creating ${key}`, async () => {
        const path = await madePath(root, recordParts(key))
        const created = !(await exists(path)) && (await createFrom(await written(bytes), path))
        if (created) await onWrite()
        return created
      }),
    put: (key, bytes) =>
      available(`writing ${key}`, async () => {
        const path = await madePath(root, recordParts(key))
        await replaceWith(await written(bytes), path)
        await onWrite()
      }),
    delete: (key) => available(`deleting ${key}`, () => deleteRecord(root, key, onWrite)),
    list: (prefix) => listRecords(root, prefix),
  }
}

async function readRecord(root: string, key: string): Promise<Uint8Array | undefined> {
  const path = await existingPath(root, recordParts(key))
  if (path === undefined) return undefined
  try {
    return await readPlainFile(path, key)
  } catch (thrown) {
    const code = systemCode(thrown)
    if (gone.includes(code ?? '')) return undefined
    if (code === 'ELOOP' || code === 'EMLINK') throw notRecord(key)
    throw thrown
  }
}

// Neither followed (a link may lead anywhere) nor waited for (a pipe may never answer).
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

async function readPlainFile(path: string, key: string): Promise<Uint8Array> {
  const file = await open(path, openFlags)
  try {
    const { size } = await plain(file.stat(), key)
    if (size > maxRecordBytes) throw notRecord(key)
    return new Uint8Array(await file.readFile())
  } finally {
    await file.close()
  }
}

async function plain<T extends { isFile(): boolean }>(found: Promise<T>, key: string): Promise<T> {
  const stats = await found
  if (!stats.isFile()) throw notRecord(key)
  return stats
}

function exists(path: string): Promise<boolean> {
  return tolerating(gone, false, async () => {
    await lstat(path)
    return true
  })
}

async function deleteRecord(root: string, key: string, onWrite: () => Promise<void>): Promise<void> {
  const path = await existingPath(root, recordParts(key))
  if (path === undefined || !(await exists(path))) return
  await rm(path, { force: true })
  await syncDirectory(dirname(path))
  await onWrite()
}

async function* listRecords(root: string, prefix: string): AsyncGenerator<RecordInfo> {
  const parts = prefix === '' ? [] : recordParts(prefix.replace(/\/$/u, ''))
  for (const entry of await available(`listing ${prefix}`, () => directoryEntries(root, parts))) {
    const key = prefix + entry.name
    if (entry.isDirectory()) yield { kind: 'group', key: `${key}/` }
    else {
      const stats = await tolerating(gone, undefined, () => lstat(join(root, key)))
      if (stats !== undefined) yield { kind: 'record', key, modifiedMs: stats.mtimeMs }
    }
  }
}

async function directoryEntries(root: string, parts: readonly string[]): Promise<Dirent[]> {
  const directory = join(root, ...parts)
  if ((await existingPath(root, [...parts, 'any'])) === undefined) return []
  const entries = await tolerating(gone, [], () => readdir(directory, { withFileTypes: true }))
  const own = entries.filter((entry) => isRecordKeyPart(entry.name) && !(parts.length === 0 && ['blobs', 'tmp'].includes(entry.name)))
  return own.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function notRecord(key: string): SlipwayError {
  return new SlipwayError('REGISTRY_FORMAT', `${key} is not a plain file of a registry`)
}
