import type { MetricsSink } from './metrics-sink.js'
import { servingMetrics } from './serving-metrics.js'

/** Told what happens to the worker processes of one version. */
export interface WorkerMetrics {
  started(): void
  exited(reason: string): void
  /** Where the resident memory of all workers together, in bytes, is read from. */
  trackMemory(read: () => number): void
  retire(): void
}

/** Measurements of the worker processes of one version into a sink. */
export function createWorkerMetrics(sink: MetricsSink, of: { readonly model: string; readonly version: string }): WorkerMetrics {
  const starts = sink.counter(servingMetrics.workerStarts)
  const exits = sink.counter(servingMetrics.workerExits)
  const memory = sink.gauge(servingMetrics.workerMemory)
  return {
    started: () => starts.with(of).add(1),
    exited: (reason) => exits.with({ ...of, reason }).add(1),
    trackMemory: (read) => memory.with(of).track(read),
    retire() {
      starts.retire(of)
      exits.retire(of)
      memory.retire(of)
    },
  }
}
