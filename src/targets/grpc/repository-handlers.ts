import { SlipwayError } from '../../core/errors.js'
import type { DataPlane } from '../../serving/data-plane.js'
import { aboutModel, loadModel } from '../../serving/triton.js'
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
      await loadModel(plane, name, Object.keys(request.parameters))
      return { modelName: name, isLoaded: true }
    },
    async repositoryModelUnload(request, call) {
      const name = namedModel(request)
      call.authorize('admin', name)
      await aboutModel({ name, selector: {} }, () => plane.unload(name))
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
