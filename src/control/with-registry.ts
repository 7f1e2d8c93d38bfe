import type { Registry } from '../registry/registry.js'
import { openLocalRegistry } from './open-local-registry.js'
import { openStateDir, type StateDir } from './state-dir.js'

/** The state folder and its registry, open. */
export interface OpenState {
  readonly state: StateDir
  readonly registry: Registry
}

/** Opens the registry of a state folder for one piece of work, and closes it afterwards whatever happens. */
export async function withRegistry<T>(args: { readonly state: string }, work: (open: OpenState) => Promise<T>): Promise<T> {
  const state = openStateDir(args.state)
  const registry = await openLocalRegistry(state.registry)
  try {
    return await work({ state, registry })
  } finally {
    await registry.close()
  }
}
