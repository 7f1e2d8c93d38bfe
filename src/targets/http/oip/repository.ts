import { SlipwayError } from '../../../core/errors.js'
import type { DataPlane, RepositoryEntry } from '../../../serving/data-plane.js'
import { tritonError } from './oip-errors.js'

/** Entries of `POST /v2/repository/index` (T:docs/protocol/extension_model_repository.md). */
export async function repositoryIndex(plane: DataPlane, options: Readonly<Record<string, unknown>>): Promise<readonly RepositoryEntry[]> {
  const ready = options['ready'] ?? false
  if (typeof ready !== 'boolean') throw new SlipwayError('INVALID_REQUEST', '`ready` is true or false')
  const entries = await plane.index()
  return ready ? entries.filter((entry) => entry.state === 'READY') : entries
}

/** Serves a model of the registry. Triton's `config` and `file:` parameters would replace what was admitted; they are refused. */
export async function repositoryLoad(plane: DataPlane, name: string, options: Readonly<Record<string, unknown>>): Promise<void> {
  const parameters = options['parameters'] ?? {}
  if (parameters === null || typeof parameters !== 'object') throw new SlipwayError('INVALID_REQUEST', '`parameters` is an object')
  const refused = Object.keys(parameters).find((key) => key === 'config' || key.startsWith('file:'))
  if (refused !== undefined) {
    const kind = refused === 'config' ? '`config`' : '`file:` parameters'
    throw new SlipwayError(
      'UNSUPPORTED',
      `failed to load '${name}', failed to poll from model repository: ${kind} would replace what the registry admitted; ` +
        'models are loaded by name, add a version with `slipway models add`',
    )
  }
  try {
    await plane.load(name)
  } catch (error) {
    throw loadFailure(error, name)
  }
}

/** Stops serving a model. `unload_dependents` is taken and means nothing: no model here depends on another. */
export async function repositoryUnload(plane: DataPlane, name: string, options: Readonly<Record<string, unknown>>): Promise<void> {
  const parameters = options['parameters'] ?? {}
  if (typeof parameters !== 'object') throw new SlipwayError('INVALID_REQUEST', '`parameters` is an object')
  try {
    await plane.unload(name)
  } catch (error) {
    throw tritonError(error, { name, selector: {} })
  }
}

/** Triton's words: clients look for `failed to load`. */
function loadFailure(error: unknown, name: string): unknown {
  if (!(error instanceof SlipwayError)) return error
  const reason = error.code === 'MODEL_UNKNOWN' ? 'failed to poll from model repository: no such model' : error.message
  return new SlipwayError(error.code, `failed to load '${name}', ${reason}`, { cause: error.cause })
}
