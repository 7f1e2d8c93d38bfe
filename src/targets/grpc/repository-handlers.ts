import { SlipwayError } from '../../core/errors.js'
import type { DataPlane } from '../../serving/data-plane.js'
import type { GRPCInferenceService } from './proto/open_inference_pb.js'
import type { HandlersOf } from './service.js'

type RepositoryHandlers = Pick<HandlersOf<typeof GRPCInferenceService>, 'repositoryIndex' | 'repositoryModelLoad' | 'repositoryModelUnload'>

/** The model repository: reading its index, loading and unloading by name. */
export function repositoryHandlers(plane: DataPlane): RepositoryHandlers {
  return {
    async repositoryIndex({ ready }, call) {
      call.authorize('read', null)
      const entries = await plane.index()
      return { models: entries.filter((entry) => !ready || entry.state === 'READY').map((entry) => ({ ...entry })) }
    },
    async repositoryModelLoad(request, call) {
      const name = namedModel(request)
      call.authorize('admin', name)
      refuseReplacement(name, Object.keys(request.parameters))
      await load(plane, name)
      return { modelName: name, isLoaded: true }
    },
    async repositoryModelUnload(request, call) {
      const name = namedModel(request)
      call.authorize('admin', name)
      await plane.unload(name)
      return { modelName: name, isUnloaded: true }
    },
  }
}

/** KServe sends the model's name as field 1, which is `repository_name` to the others. slipway has one repository, without a name. */
function namedModel(request: { readonly modelName: string; readonly repositoryName: string }): string {
  const name = request.modelName === '' ? request.repositoryName : request.modelName
  if (name === '') throw new SlipwayError('INVALID_REQUEST', 'expected `model_name`, received none')
  return name
}

/** Triton's `config` and `file:` parameters would replace what the registry admitted. */
function refuseReplacement(name: string, parameters: readonly string[]): void {
  const refused = parameters.find((key) => key === 'config' || key.startsWith('file:'))
  if (refused === undefined) return
  throw new SlipwayError(
    'UNSUPPORTED',
    `failed to load '${name}', failed to poll from model repository: the parameter ${refused === 'config' ? '`config`' : '`file:…`'} would ` +
      'replace what the registry admitted; models are loaded by name, add a version with `slipway models add`',
  )
}

/** Triton's words: clients look for `failed to load`. */
async function load(plane: DataPlane, name: string): Promise<void> {
  try {
    await plane.load(name)
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error
    const reason = error.code === 'MODEL_UNKNOWN' ? 'failed to poll from model repository: no such model' : error.message
    throw new SlipwayError(error.code, `failed to load '${name}', ${reason}`, { cause: error.cause })
  }
}
