import type { Logger } from '../core/ports.js'
import type { MetricsSink } from '../monitoring/metrics-sink.js'
import { createTransportMetrics } from '../monitoring/transport-metrics.js'
import type { GrpcObserver } from '../targets/grpc/options.js'
import type { HttpObserver } from '../targets/http/options.js'

/** What hears of every answered request. */
export interface TransportObservers {
  readonly http: HttpObserver
  readonly grpc: GrpcObserver
}

/** Counts every answered request; with a logger it also writes a line for each: route, status, id and time, never a payload, query or key. */
export function createObservers(metrics: MetricsSink, accessLog: Logger | null): TransportObservers {
  const counted = createTransportMetrics(metrics)
  if (accessLog === null) return counted
  return {
    http: {
      answered: (request) => {
        counted.http.answered(request)
        accessLog.info({ ...request }, 'answered')
      },
    },
    grpc: {
      answered: (call) => {
        counted.grpc.answered(call)
        accessLog.info({ ...call }, 'answered')
      },
    },
  }
}
