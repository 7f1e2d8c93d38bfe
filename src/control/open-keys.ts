import { createKeyStore, type KeyStore } from '../access/key-store.js'
import { openStateDir } from './state-dir.js'

/** The API keys of a state folder. */
export function openKeys(stateFolder: string): KeyStore {
  return createKeyStore(openStateDir(stateFolder).keys)
}
