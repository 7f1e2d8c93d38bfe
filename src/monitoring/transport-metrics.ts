import { memo } from './memo.js'
import type { MetricsSink } from './metrics-sink.js'
import { servingMetrics } from './serving-metrics.js'

/** An answered HTTP request, as far as it is measured. */
interface HttpAnswered {
  /** The route's pattern: few values. */
  readonly route: string
  readonly method: string
  readonly status: number
  /** Code of the error table; null where nothing was thrown. */
  readonly code: string | null
  readonly durationMs: number
}

/** An answered gRPC call, as far as it is measured. */
interface GrpcAnswered {
  /** `/inference.GRPCInferenceService/ModelInfer` */
  readonly path: string
  readonly code: string | null
  readonly durationMs: number
}

/** Told of every answer of the transports, those to requests that never reach a model too. */
export interface TransportMetrics {
  readonly http: { answered(request: HttpAnswered): void }
  readonly grpc: { answered(call: GrpcAnswered): void }
}

/** Methods that become labels; a client may send others. */
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Measurements of the HTTP and the gRPC server into a sink: observers for both. */
export function createTransportMetrics(sink: MetricsSink): TransportMetrics {
  const { httpRequests, httpDuration, grpcCalls, grpcDuration } = servingMetrics
  const requests = sink.counter(httpRequests)
  const requestTimes = sink.histogram(httpDuration)
  const calls = sink.counter(grpcCalls)
  const callTimes = sink.histogram(grpcDuration)
  const ofRoute = memo((route) => ({
    duration: requestTimes.with({ route }),
    count: memo((method) => memo((code) => requests.with({ route, method, code }))),
  }))
  const ofMethod = memo((method) => ({
    duration: callTimes.with({ method }),
    count: memo((code) => calls.with({ method, code })),
  }))
  return {
    http: {
      answered({ route, method, status, code, durationMs }) {
        const series = ofRoute(route)
        series.duration.observe(durationMs / 1000)
        series
          .count(methods.has(method) ? method : 'other')(code ?? (status < 400 ? 'OK' : `HTTP_${status}`))
          .add(1)
      },
    },
    grpc: {
      answered({ path, code, durationMs }) {
        const series = ofMethod(path.slice(1))
        series.duration.observe(durationMs / 1000)
        series.count(code ?? 'OK').add(1)
      },
    },
  }
}
