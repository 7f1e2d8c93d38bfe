import type { HistogramSpec, MetricSpec } from './metrics-sink.js'

const requestBuckets = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const stageBuckets = [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 10]

type Version = 'model' | 'version'

interface ServingMetrics {
  readonly requests: MetricSpec<Version | 'route' | 'code' | 'source'>
  readonly requestDuration: HistogramSpec<Version>
  readonly stageDuration: HistogramSpec<Version | 'stage'>
  readonly batchSize: HistogramSpec<Version>
  readonly guards: MetricSpec<'model' | 'guard' | 'action'>
  readonly fallbacks: MetricSpec<'model' | 'reason'>
  readonly predictions: MetricSpec<'model' | 'output' | 'class'>
  readonly inflight: MetricSpec<Version>
  readonly queueDepth: MetricSpec<Version>
  readonly modelInfo: MetricSpec<Version | 'digest' | 'alias'>
  readonly loadDuration: HistogramSpec<'model'>
  readonly loadFailures: MetricSpec<'model' | 'code'>
  readonly workerStarts: MetricSpec<Version>
  readonly workerExits: MetricSpec<Version | 'reason'>
  readonly workerMemory: MetricSpec<Version>
  readonly httpRequests: MetricSpec<'route' | 'method' | 'code'>
  readonly httpDuration: HistogramSpec<'route'>
  readonly grpcCalls: MetricSpec<'method' | 'code'>
  readonly grpcDuration: HistogramSpec<'method'>
}

function spec<const L extends string>(name: string, help: string, labels: readonly L[], maxSeries = 200): MetricSpec<L> {
  return { name, help, labels, maxSeries }
}

/** Every metric of the server: its name, labels and bounds. Labels never hold what a caller chose freely. */
export const servingMetrics: ServingMetrics = {
  requests: spec('slipway_requests_total', 'Requests answered, by code and by what answered them.', [
    'model',
    'version',
    'route',
    'code',
    'source',
  ]),
  requestDuration: {
    ...spec('slipway_request_duration_seconds', 'Time from the arrival of a request to its answer.', ['model', 'version'], 50),
    buckets: requestBuckets,
  },
  stageDuration: {
    ...spec('slipway_stage_duration_seconds', 'Time of each of the six steps, for each batch.', ['model', 'version', 'stage'], 150),
    buckets: stageBuckets,
  },
  batchSize: {
    ...spec('slipway_batch_size', 'Rows that ran together.', ['model', 'version'], 50),
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096],
  },
  guards: spec('slipway_guard_total', 'Findings of the guardrails about rows, and what happened to the row.', ['model', 'guard', 'action']),
  fallbacks: spec('slipway_fallback_total', 'Rows answered by a fallback, by the reason for it.', ['model', 'reason']),
  predictions: spec('slipway_predictions_total', 'Rows answered, by predicted class.', ['model', 'output', 'class']),
  inflight: spec('slipway_inflight_requests', 'Requests accepted and not answered yet.', ['model', 'version']),
  queueDepth: spec('slipway_queue_depth', 'Requests that wait for a free worker.', ['model', 'version']),
  modelInfo: spec('slipway_model_info', 'Versions served, and the aliases that point at them.', ['model', 'version', 'digest', 'alias']),
  loadDuration: {
    ...spec('slipway_model_load_duration_seconds', 'Time to load a version, check it and warm it up.', ['model'], 50),
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  loadFailures: spec('slipway_model_load_failures_total', 'Versions that could not be loaded or failed their check.', ['model', 'code']),
  workerStarts: spec('slipway_worker_starts_total', 'Model worker processes started.', ['model', 'version']),
  workerExits: spec('slipway_worker_exits_total', 'Model worker processes ended, by reason.', ['model', 'version', 'reason']),
  workerMemory: spec('slipway_worker_resident_memory_bytes', 'Resident memory of the worker processes of a version.', ['model', 'version']),
  httpRequests: spec(
    'slipway_http_requests_total',
    'HTTP requests answered, those that reach no model too.',
    ['route', 'method', 'code'],
    500,
  ),
  httpDuration: {
    ...spec('slipway_http_request_duration_seconds', 'Time from the head of an HTTP request to its answer.', ['route'], 100),
    buckets: requestBuckets,
  },
  grpcCalls: spec('slipway_grpc_calls_total', 'gRPC calls answered, those that reach no model too; a stream is one.', ['method', 'code']),
  grpcDuration: {
    ...spec('slipway_grpc_call_duration_seconds', 'Time from the start of a gRPC call to its end.', ['method'], 50),
    buckets: requestBuckets,
  },
}
