import { SlipwayError } from '../../../core/errors.js'
import type { DataPlane, RepositoryEntry } from '../../../serving/data-plane.js'
import { aboutModel, loadModel } from '../../../serving/triton.js'

/** Entries of `POST /v2/repository/index` (T:docs/protocol/extension_model_repository.md). */
export async function repositoryIndex(plane: DataPlane, options: Readonly<Record<string, unknown>>): Promise<readonly RepositoryEntry[]> {
  const ready = options['ready'] ?? false
  if (typeof ready !== 'boolean') throw new SlipwayError('INVALID_REQUEST', '`ready` is true or false')
  const entries = await plane.index()
  return ready ? entries.filter((entry) => entry.state === 'READY') : entries
}

/** Serves a model of the registry. */
export async function repositoryLoad(plane: DataPlane, name: string, options: Readonly<Record<string, unknown>>): Promise<void> {
  await loadModel(plane, name, Object.keys(parametersOf(options)))
}

/** Stops serving a model. `unload_dependents` is taken and means nothing: no model here depends on another. */
export async function repositoryUnload(plane: DataPlane, name: string, options: Readonly<Record<string, unknown>>): Promise<void> {
  parametersOf(options)
  await aboutModel({ name, selector: {} }, () => plane.unload(name))
}

function parametersOf(options: Readonly<Record<string, unknown>>): object {
  const parameters = options['parameters'] ?? {}
  if (typeof parameters === 'object') return parameters
  throw new SlipwayError('INVALID_REQUEST', '`parameters` is an object')
}
