import type { Clock } from '../core/ports.js'
import type { Prediction } from '../core/prediction.js'
import type { ModelMetrics } from '../monitoring/model-metrics.js'
import type { Outcome } from './outcome.js'
import type { StatisticsRecorder } from './statistics.js'

/** Told what a batcher does; on the way of every request, so it must be quick and must not throw. */
export interface BatchObserver {
  /** A run ended: how many requests it answered, and how long they had waited for it, all together. */
  ran(prediction: Prediction, batch: { readonly requests: number; readonly queueMs: number }): void
  /** Rows of a prediction went to a caller. */
  rows(prediction: Prediction, start: number, count: number): void
  /** A request of so many rows was answered; with an error when there are none. */
  answered(route: string, outcome: Outcome, rows: number, durationMs: number): void
}

/** Counts into the statistics of the model and into the metrics of the server. */
export function createBatchObserver(statistics: StatisticsRecorder, metrics: ModelMetrics, clock: Clock): BatchObserver {
  return {
    ran(prediction, { requests, queueMs }) {
      statistics.run({ rows: prediction.length, requests, queueMs, timings: prediction.timings })
      metrics.run(prediction)
    },
    rows: (prediction, start, count) => metrics.rows(prediction, start, count),
    answered(route, { code, source }, rows, durationMs) {
      statistics.request(source === 'none' ? 0 : rows, durationMs, clock.now())
      metrics.request(route, code, source, durationMs)
    },
  }
}
