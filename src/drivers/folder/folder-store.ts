import { mkdir, readdir, realpath, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import type { RegistryStore } from '../../core/registry-store.js'
import { syncDirectory } from './durable.js'
import { available, tolerating } from './failure.js'
import { folderBlobs } from './folder-blobs.js'
import { folderRecords } from './folder-records.js'
import { touchStamp, watchStamp } from './watch.js'

/** What may stand in the root of a registry folder. */
const ownNames = new Set(['registry.json', 'blobs', 'manifests', 'models', 'tmp', 'changed'])
const refused = ['EROFS', 'EACCES', 'EPERM']

/** How to open a registry folder. */
export interface FolderOptions {
  /** `create` (default) makes the folder when it is missing; `existing` refuses a missing one with REGISTRY_FORMAT and makes nothing. */
  readonly mode?: 'create' | 'existing'
}

/**
 * Opens a folder as the store of a registry; several processes may share it. REGISTRY_FORMAT for a folder that holds anything
 * else, so that a wrong `--registry` never mixes with other people's files.
 */
export async function openFolderStore(folder: string, options: FolderOptions = {}): Promise<RegistryStore> {
  return await available(`opening ${folder}`, async () => {
    if (options.mode !== 'existing') await makeRoot(resolve(folder))
    const root = await tolerating(['ENOENT', 'ENOTDIR'], undefined, () => realpath(folder))
    if (root === undefined) throw new SlipwayError('REGISTRY_FORMAT', `there is no registry at ${folder}`)
    await refuseForeign(root, folder)
    const temporary = join(root, 'tmp')
    await tolerating([...refused, 'EEXIST'], undefined, () => mkdir(temporary, { mode: 0o700 }))
    await refuseLink(temporary)
    return {
      location: root,
      blobs: folderBlobs(root, temporary),
      records: folderRecords(root, temporary, () => touchStamp(root)),
      sweep: (olderThanMs) => available('cleaning tmp', () => sweep(temporary, olderThanMs)),
      watch: (onChange) => watchStamp(root, onChange),
      close: async () => {},
    }
  })
}

async function makeRoot(root: string): Promise<void> {
  const first = await mkdir(root, { recursive: true, mode: 0o700 })
  if (first !== undefined) await syncDirectory(resolve(first, '..'))
}

async function refuseForeign(root: string, folder: string): Promise<void> {
  const names = await readdir(root)
  const foreign = names.find((name) => !ownNames.has(name))
  if (foreign !== undefined && !names.includes('registry.json')) {
    throw new SlipwayError('REGISTRY_FORMAT', `${folder} is not a registry: it holds ${JSON.stringify(foreign)} and no registry.json`)
  }
}

async function refuseLink(temporary: string): Promise<void> {
  const real = await tolerating(['ENOENT'], temporary, () => realpath(temporary))
  if (real !== temporary) throw new SlipwayError('REGISTRY_FORMAT', 'the tmp folder of the registry is a link that leads out of it')
}

// A writer that lives keeps the time of its file moving, and is done within seconds of its last byte.
async function sweep(temporary: string, olderThanMs: number): Promise<number> {
  const oldest = Date.now() - olderThanMs
  let removed = 0
  for (const name of await tolerating(['ENOENT', ...refused], [], () => readdir(temporary))) {
    const path = join(temporary, name)
    const stats = await tolerating(['ENOENT'], undefined, () => stat(path))
    if (stats === undefined || stats.mtimeMs > oldest) continue
    removed += await tolerating(['ENOENT', ...refused], 0, async () => {
      await rm(path, { recursive: true })
      return 1
    })
  }
  return removed
}
