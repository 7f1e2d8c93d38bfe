import { memo } from './memo.js'
import type { HistogramSpec, MetricSpec, MetricsSink } from './metrics-sink.js'

type Name = 'batch'

interface BatchMetricSpecs {
  readonly runs: MetricSpec<Name | 'state'>
  readonly rows: MetricSpec<Name | 'outcome'>
  readonly running: MetricSpec<Name>
  readonly progress: MetricSpec<Name>
  readonly rate: MetricSpec<Name>
  readonly duration: HistogramSpec<Name>
  readonly lastSuccess: MetricSpec<Name>
  readonly missed: MetricSpec<Name>
}

/** Every metric of batch runs. The label `batch` is the name in the configuration: nothing that a caller chose freely. */
export const batchMetrics: BatchMetricSpecs = {
  runs: { name: 'slipway_batch_runs_total', help: 'Batch runs ended, by state.', labels: ['batch', 'state'] },
  rows: { name: 'slipway_batch_rows_total', help: 'Rows of batch runs, by what became of them.', labels: ['batch', 'outcome'] },
  running: { name: 'slipway_batch_running', help: 'Batch runs in progress.', labels: ['batch'] },
  progress: { name: 'slipway_batch_progress_ratio', help: 'How far the run in progress is, 0 to 1.', labels: ['batch'] },
  rate: { name: 'slipway_batch_rows_per_second', help: 'Rows a second of the run in progress.', labels: ['batch'] },
  duration: {
    name: 'slipway_batch_run_duration_seconds',
    help: 'Time from the start of a batch run to its end.',
    labels: ['batch'],
    maxSeries: 50,
    buckets: [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 43_200],
  },
  lastSuccess: {
    name: 'slipway_batch_last_success_timestamp_seconds',
    help: 'When the last completed run ended, in seconds since 1970.',
    labels: ['batch'],
  },
  missed: { name: 'slipway_batch_missed_runs_total', help: 'Scheduled runs that were not completed in time.', labels: ['batch'] },
}

/** Counts of a run so far. */
interface BatchRows {
  readonly filtered: number
  readonly written: number
  readonly bad: number
  /** Of those written. */
  readonly fallback: number
}

/** Told of one run while it goes. */
export interface BatchRunMetrics {
  /** Where it stands; `fraction` is null when unknown. */
  progress(now: BatchRows & { readonly fraction: number | null; readonly rowsPerSecond: number }): void
  /** How it ended; `finishedAt` in epoch milliseconds. Once. */
  ended(end: { readonly state: string; readonly counts: BatchRows; readonly elapsedMs: number; readonly finishedAt: number }): void
}

export interface BatchMetrics {
  /** A run has begun; `before` are the rows that an earlier attempt of it had committed, which are not counted again. */
  started(batch: string, before?: BatchRows): BatchRunMetrics
  /** A scheduled run was not completed in time. */
  missed(batch: string): void
  /** What is known of an earlier process: when the last completed run ended, in epoch milliseconds. */
  succeeded(batch: string, at: number): void
}

/** Measurements of batch runs into a sink. */
export function createBatchMetrics(sink: MetricsSink): BatchMetrics {
  const runs = sink.counter(batchMetrics.runs)
  const rows = sink.counter(batchMetrics.rows)
  const missed = sink.counter(batchMetrics.missed)
  const durations = sink.histogram(batchMetrics.duration)
  const lastSuccess = sink.gauge(batchMetrics.lastSuccess)
  const current = memo((batch) => new RunningBatch(sink, batch))

  function addRows(batch: string, from: Outcomes, to: Outcomes): void {
    for (const outcome of outcomes) if (to[outcome] > from[outcome]) rows.with({ batch, outcome }).add(to[outcome] - from[outcome])
  }

  return {
    started(batch, before = nothing) {
      let counted = outcomesOf(before)
      current(batch).begin()
      return {
        progress(now) {
          const found = outcomesOf(now)
          addRows(batch, counted, found)
          counted = found
          current(batch).show(now.fraction ?? 0, now.rowsPerSecond)
        },
        ended({ state, counts, elapsedMs, finishedAt }) {
          addRows(batch, counted, outcomesOf(counts))
          current(batch).end()
          runs.with({ batch, state }).add(1)
          durations.with({ batch }).observe(elapsedMs / 1000)
          if (state === 'completed') lastSuccess.with({ batch }).set(finishedAt / 1000)
        },
      }
    },
    missed: (batch) => missed.with({ batch }).add(1),
    succeeded: (batch, at) => lastSuccess.with({ batch }).set(at / 1000),
  }
}

const outcomes = ['model', 'fallback', 'bad', 'filtered'] as const
type Outcomes = Readonly<Record<(typeof outcomes)[number], number>>

const nothing: BatchRows = { filtered: 0, written: 0, bad: 0, fallback: 0 }

function outcomesOf({ written, fallback, bad, filtered }: BatchRows): Outcomes {
  return { model: written - fallback, fallback, bad, filtered }
}

/** The gauges of what runs under one name. */
class RunningBatch {
  readonly #gauges: Readonly<Record<'running' | 'progress' | 'rate', { set(value: number): void }>>
  #runs = 0

  constructor(sink: MetricsSink, batch: string) {
    const gauge = (spec: MetricSpec<Name>): { set(value: number): void } => sink.gauge(spec).with({ batch })
    this.#gauges = { running: gauge(batchMetrics.running), progress: gauge(batchMetrics.progress), rate: gauge(batchMetrics.rate) }
  }

  begin(): void {
    this.#gauges.running.set(++this.#runs)
    this.show(0, 0)
  }

  show(fraction: number, rowsPerSecond: number): void {
    this.#gauges.progress.set(fraction)
    this.#gauges.rate.set(rowsPerSecond)
  }

  end(): void {
    this.#gauges.running.set(--this.#runs)
    if (this.#runs === 0) this.show(0, 0)
  }
}
