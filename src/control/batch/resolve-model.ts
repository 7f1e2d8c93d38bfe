import type { ModelDefinition } from '../../model/definition.js'
import type { RunIdentity } from '../../targets/batch/run-identity.js'
import type { StoredSignature } from '../graph-facts.js'
import { openLocalRegistry } from '../open-local-registry.js'
import type { StateDir } from '../state-dir.js'
import { versionDefinition } from '../version-definition.js'

/** The version that a reference names now, checked byte by byte; not loaded. */
export interface ResolvedModel {
  readonly identity: RunIdentity['model']
  readonly definition: ModelDefinition
  /** Milliseconds that one row took when the version was admitted; null when that is not known. */
  readonly rowMs: number | null
}

/** Resolves `fraud`, `fraud@challenger`, `fraud@3` once: a run stays with the version that it began with. */
export async function resolveModel(state: StateDir, reference: string): Promise<ResolvedModel> {
  const registry = await openLocalRegistry(state.registry, 'existing')
  try {
    const resolved = await registry.resolve(reference)
    const checkout = await registry.checkout(resolved.digest, state.checkouts)
    const definition = await versionDefinition(resolved.name, checkout.definitionPath, checkout.manifest.signature as StoredSignature)
    const identity = {
      name: resolved.name,
      version: String(resolved.version),
      digest: resolved.digest,
      definition: checkout.manifest.definition?.digest ?? null,
    }
    return { identity, definition, rowMs: checkout.manifest.measured?.runMs ?? null }
  } finally {
    await registry.close()
  }
}
