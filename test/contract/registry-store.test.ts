import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolderStore } from '../../src/drivers/folder/folder-store.js'
import { registryStoreContract } from './registry-store.js'

registryStoreContract('folder', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'slipway-store-'))
  const root = join(parent, 'registry')
  return {
    open: () => openFolderStore(root),
    damage: async (digest, bytes) => {
      const hex = digest.slice('sha256:'.length)
      const path = join(root, 'blobs', 'sha256', hex.slice(0, 2), hex)
      await chmod(path, 0o644)
      await writeFile(path, bytes)
    },
    remove: () => rm(parent, { recursive: true, force: true }),
  }
})
