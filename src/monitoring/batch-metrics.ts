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
}

/** Counts of a run so far. */
interface BatchRows {
  readonly filtered: number
  readonly written: number
  readonly bad: number
  /** Of those written. */
  readonly fallback: number
}

interface BatchProgress extends BatchRows {
  /** Those of these counts that an earlier attempt had committed; they are not counted again. */
  readonly earlier?: BatchRows
  /** Null when unknown. */
  readonly fraction: number | null
  readonly rowsPerSecond: number
}

/** Told of one run while it goes. */
export interface BatchRunMetrics {
  /** Where it stands. */
  progress(now: BatchProgress): void
  /** How it ended; `finishedAt` in epoch milliseconds. Once. */
  ended(end: { readonly state: string; readonly counts: BatchRows; readonly elapsedMs: number; readonly finishedAt: number }): void
}

export interface BatchMetrics {
  /** A run has begun. */
  started(batch: string): BatchRunMetrics
}

/** Measurements of batch runs into a sink. */
export function createBatchMetrics(sink: MetricsSink): BatchMetrics {
  const runs = sink.counter(batchMetrics.runs)
  const rows = sink.counter(batchMetrics.rows)
  const durations = sink.histogram(batchMetrics.duration)
  const lastSuccess = sink.gauge(batchMetrics.lastSuccess)
  const current = memo((batch) => new RunningBatch(sink, batch))

  /** Counts fall when a partition is tried again: its rows are not added twice. */
  function addRows(batch: string, counted: Record<Outcome, number>, found: Outcomes): void {
    for (const outcome of outcomes) {
      if (found[outcome] <= counted[outcome]) continue
      rows.with({ batch, outcome }).add(found[outcome] - counted[outcome])
      counted[outcome] = found[outcome]
    }
  }

  return {
    started(batch) {
      let earlier = nothing
      const counted = { ...outcomesOf(nothing) }
      current(batch).begin()
      return {
        progress(now) {
          earlier = now.earlier ?? nothing
          addRows(batch, counted, outcomesOf(less(now, earlier)))
          current(batch).show(now.fraction ?? 0, now.rowsPerSecond)
        },
        ended({ state, counts, elapsedMs, finishedAt }) {
          addRows(batch, counted, outcomesOf(less(counts, earlier)))
          current(batch).end()
          runs.with({ batch, state }).add(1)
          durations.with({ batch }).observe(elapsedMs / 1000)
          if (state === 'completed') lastSuccess.with({ batch }).set(finishedAt / 1000)
        },
      }
    },
  }
}

const outcomes = ['model', 'fallback', 'bad', 'filtered'] as const
type Outcome = (typeof outcomes)[number]
type Outcomes = Readonly<Record<Outcome, number>>

const nothing: BatchRows = { filtered: 0, written: 0, bad: 0, fallback: 0 }

function less(rows: BatchRows, others: BatchRows): BatchRows {
  return {
    filtered: rows.filtered - others.filtered,
    written: rows.written - others.written,
    bad: rows.bad - others.bad,
    fallback: rows.fallback - others.fallback,
  }
}

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
