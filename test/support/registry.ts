import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolderStore } from '../../src/drivers/folder/folder-store.js'
import type { VersionContent } from '../../src/registry/add.js'
import { openRegistry, type Registry, type RegistryOptions } from '../../src/registry/registry.js'

/** A folder of its own, with a registry in it that can be opened any number of times. */
export interface RegistryPlace {
  readonly parent: string
  readonly root: string
  open(options?: RegistryOptions): Promise<Registry>
  remove(): Promise<void>
}

/** Makes an empty place in the temporary folder of the system. */
export async function registryPlace(): Promise<RegistryPlace> {
  const parent = await mkdtemp(join(tmpdir(), 'slipway-registry-'))
  const root = join(parent, 'registry')
  return {
    parent,
    root,
    open: async (options) => await openRegistry(await openFolderStore(root), options),
    remove: () => rm(parent, { recursive: true, force: true }),
  }
}

/** Content of a version that differs from others by `seed` alone. */
export function contentOf(seed: string, more: Partial<VersionContent> = {}): VersionContent {
  return {
    artifact: new TextEncoder().encode(`artifact ${seed}`),
    signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }], outputs: [] },
    graph: { opset: { '': 17 }, operators: { MatMul: 1 }, parameters: 4, hasLoop: false, sizeBytes: 9 },
    ...more,
  }
}

export const by = { actor: 'ada' }
