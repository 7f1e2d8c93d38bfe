import type { MetricSpec, MetricsSink } from '../../../monitoring/metrics-sink.js'

/** What became of a logical time. One that is missed may be completed later, and is then counted twice. */
export type TimeOutcome = 'completed' | 'failed' | 'skipped' | 'replaced' | 'missed'

interface ScheduleMetricSpecs {
  readonly times: MetricSpec<'batch' | 'outcome'>
  readonly lastCompleted: MetricSpec<'batch'>
}

/** The metrics of schedules. */
export const scheduleMetricSpecs: ScheduleMetricSpecs = {
  times: {
    name: 'slipway_schedule_times_total',
    help: 'Logical times of schedules, by what became of them.',
    labels: ['batch', 'outcome'],
    maxSeries: 500,
  },
  lastCompleted: {
    name: 'slipway_schedule_last_completed_timestamp_seconds',
    help: 'Newest logical time of a schedule that was completed.',
    labels: ['batch'],
    maxSeries: 100,
  },
}

/** The measurements of one schedule. */
export interface ScheduleMetrics {
  count(outcome: TimeOutcome, times: number): void
  completed(logicalTime: string): void
}

export function createScheduleMetrics(sink: MetricsSink, batch: string): ScheduleMetrics {
  const times = sink.counter(scheduleMetricSpecs.times)
  const lastCompleted = sink.gauge(scheduleMetricSpecs.lastCompleted)
  return {
    count: (outcome, count) => times.with({ batch, outcome }).add(count),
    completed: (logicalTime) => lastCompleted.with({ batch }).set(Date.parse(logicalTime) / 1000),
  }
}
