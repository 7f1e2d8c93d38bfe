import { SlipwayError } from '../../core/errors.js'
import type { DataPlane } from '../../serving/data-plane.js'
import type { ModelRef } from '../../serving/model-ref.js'
import { modelRef } from '../../serving/model-ref.js'
import { aboutModel, tritonExtensions } from '../../serving/triton.js'
import type { GrpcServerOptions } from './options.js'
import type { GRPCInferenceService } from './proto/open_inference_pb.js'
import type { HandlersOf } from './service.js'

type ServerHandlers = Pick<HandlersOf<typeof GRPCInferenceService>, 'serverLive' | 'serverReady' | 'modelReady' | 'serverMetadata'>

/** Liveness, readiness and the server's own metadata. Asking whether the server is live or ready needs no key. */
export function serverHandlers({ plane, server }: GrpcServerOptions, leaving: AbortSignal): ServerHandlers {
  return {
    serverLive: () => ({ live: plane.live() }),
    serverReady: async () => ({ ready: !leaving.aborted && (await plane.ready()) }),
    async modelReady({ name, version }, call) {
      const ref = modelRef(name, version || null)
      call.authorize('read', ref.name)
      return { ready: !leaving.aborted && (await aboutModel(ref, () => modelReady(plane, ref))) }
    },
    serverMetadata(_, call) {
      call.authorize('read', null)
      return { name: server.name, version: server.version, extensions: [...tritonExtensions] }
    },
  }
}

/** False for a model of the registry that is not served now; MODEL_UNKNOWN for one that the registry lacks too. */
async function modelReady(plane: DataPlane, { name, selector }: ModelRef): Promise<boolean> {
  try {
    return await plane.modelReady(name, selector)
  } catch (error) {
    const unknown = error instanceof SlipwayError && error.code === 'MODEL_UNKNOWN'
    if (unknown && (await plane.index()).some((entry) => entry.name === name)) return false
    throw error
  }
}
