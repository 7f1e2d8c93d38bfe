import type { Logger } from '../core/ports.js'
import type { GrpcObserver } from '../targets/grpc/options.js'
import type { HttpObserver } from '../targets/http/options.js'

/** One log line for each request that was answered: route, status, id and time; never a payload, a query or a key. */
export function createAccessLog(logger: Logger): { readonly http: HttpObserver; readonly grpc: GrpcObserver } {
  return {
    http: { answered: (request) => logger.info({ ...request }, 'answered') },
    grpc: { answered: (call) => logger.info({ ...call }, 'answered') },
  }
}
