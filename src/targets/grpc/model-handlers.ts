import type { DataPlane, ServedModel } from '../../serving/data-plane.js'
import { modelRef } from '../../serving/model-ref.js'
import { findModel } from '../../serving/triton.js'
import { modelConfig, modelMetadata } from './metadata.js'
import type { GRPCInferenceService } from './proto/open_inference_pb.js'
import type { HandlersOf } from './service.js'
import { modelStatistics } from './statistics.js'

type ModelHandlers = Pick<HandlersOf<typeof GRPCInferenceService>, 'modelMetadata' | 'modelConfig' | 'modelStatistics'>

/** What is known of a model. */
export function modelHandlers(plane: DataPlane): ModelHandlers {
  return {
    modelMetadata({ name, version }, call) {
      const ref = modelRef(name, version || null)
      call.authorize('read', ref.name)
      return modelMetadata(plane, findModel(plane, ref))
    },
    modelConfig({ name, version }, call) {
      const ref = modelRef(name, version || null)
      call.authorize('read', ref.name)
      return { config: modelConfig(findModel(plane, ref)) }
    },
    modelStatistics({ name, version }, call) {
      const ref = modelRef(name, version || null)
      call.authorize('read', name === '' ? null : ref.name)
      if (name === '')
        return {
          modelStats: plane
            .names()
            .flatMap((each) => plane.versions(each))
            .map(modelStatistics),
        }
      return { modelStats: versionsMeant(plane, ref.name, findModel(plane, ref), version !== '' || name !== ref.name).map(modelStatistics) }
    },
  }
}

/** Without a version, every served version of the model. */
function versionsMeant(plane: DataPlane, name: string, found: ServedModel, versionGiven: boolean): readonly ServedModel[] {
  return versionGiven ? [found] : plane.versions(name)
}
