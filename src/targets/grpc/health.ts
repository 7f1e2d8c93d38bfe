import { SlipwayError } from '../../core/errors.js'
import type { DataPlane } from '../../serving/data-plane.js'
import { sleep } from './sleep.js'
import { HealthCheckResponse_ServingStatus as Status } from './proto/health_pb.js'
import type { Health } from './proto/health_pb.js'
import { GRPCInferenceService } from './proto/open_inference_pb.js'
import type { GrpcCall } from './grpc-call.js'
import { accepted } from './runtime.js'
import type { HandlersOf } from './service.js'

/** Watchers learn of a change within this time. */
const watchMs = 500
const serverNames: ReadonlySet<string> = new Set(['', GRPCInferenceService.typeName])

/** How a server ends, in two steps. */
export interface ServerEnds {
  /** Aborted when no new client should come: from then on the server is not ready. */
  readonly leaving: AbortSignal
  /** Aborted when the server stops taking calls. */
  readonly draining: AbortSignal
}

/**
 * grpc.health.v1. The empty service and the inference service stand for the server: a real inference on every model. A model's name, also
 * `name/version`, stands for that model.
 */
export function healthHandlers(plane: DataPlane, { leaving, draining }: ServerEnds): HandlersOf<typeof Health> {
  async function statusOf(service: string): Promise<Status> {
    if (leaving.aborted || !plane.live()) return Status.NOT_SERVING
    if (serverNames.has(service)) return (await plane.ready()) ? Status.SERVING : Status.NOT_SERVING
    const [name = '', version] = service.split('/')
    if (plane.versions(name).length === 0) return Status.SERVICE_UNKNOWN
    try {
      return (await plane.modelReady(name, version === undefined ? {} : { version })) ? Status.SERVING : Status.NOT_SERVING
    } catch (error) {
      if (error instanceof SlipwayError) return error.spec.http === 404 ? Status.SERVICE_UNKNOWN : Status.NOT_SERVING
      throw error
    }
  }

  return {
    async check({ service }, call) {
      authorize(service, call)
      const status = await statusOf(service)
      if (status === Status.SERVICE_UNKNOWN) throw new SlipwayError('MODEL_UNKNOWN', `no service or model \`${service}\``)
      return { status }
    },
    async watch(stream, call) {
      const { service } = accepted(stream.request)
      authorize(service, call)
      const gone = call.signal
      let last: Status | null = null
      while (!gone.aborted) {
        const status = await statusOf(service)
        if (status !== last) stream.write({ status })
        last = status
        if (draining.aborted) return
        await sleep(watchMs, leaving.aborted ? [draining, gone] : [leaving, draining, gone])
      }
    },
  }
}

/** Asking about the server is open, as probes have no key. */
function authorize(service: string, call: GrpcCall): void {
  if (!serverNames.has(service)) call.authorize('read', service.split('/')[0] ?? '')
}
