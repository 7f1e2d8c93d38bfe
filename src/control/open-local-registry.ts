import { userInfo } from 'node:os'
import { openFolderStore } from '../drivers/folder/folder-store.js'
import { openRegistry, type Registry } from '../registry/registry.js'

/** The registry in a folder of this machine; made when absent unless `mode` is `existing`. */
export async function openLocalRegistry(folder: string, mode: 'create' | 'existing' = 'create'): Promise<Registry> {
  return openRegistry(await openFolderStore(folder, { mode }), { create: mode === 'create' ? 'when-empty' : 'never' })
}

/** Who the journal names for changes made from this process: the user of the operating system. */
export function localActor(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
