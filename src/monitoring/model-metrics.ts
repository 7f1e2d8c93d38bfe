import type { ErrorCode } from '../core/errors.js'
import type { Signature } from '../core/field.js'
import type { RowIssue } from '../core/issue.js'
import type { ModelIdentity, Prediction, StageTimings } from '../core/prediction.js'
import { classCounter } from './class-counter.js'
import { memo } from './memo.js'
import type { Histogram, MetricsSink } from './metrics-sink.js'
import { servingMetrics } from './serving-metrics.js'

const stages = ['validate', 'gather', 'preprocess', 'run', 'postprocess', 'return'] as const

/** The measurements of one served version, its series looked up once. */
export interface ModelMetrics {
  /** One run of the model: its stages and its size. */
  run(prediction: Prediction): void
  /** Rows that went to a caller: what the guards found, fallbacks, classes. */
  rows(prediction: Prediction, start: number, count: number): void
  /** One request answered. `source` is that of its rows, `mixed` when they differ, `none` when nothing answered. */
  request(route: string, code: ErrorCode | 'OK', source: string, durationMs: number): void
  /** Where the numbers of waiting and unanswered requests are read from. */
  track(read: { readonly inflight: () => number; readonly queued: () => number }): void
  /** The aliases that point at the version now. */
  aliases(names: readonly string[]): void
  /** Forgets the series of the version, once they have been read for the last time. */
  retire(): void
}

/** Measurements of one version into a sink. */
export function createModelMetrics(sink: MetricsSink, identity: ModelIdentity, signature: Signature): ModelMetrics {
  const of = { model: identity.name, version: identity.version }
  const duration = sink.histogram(servingMetrics.requestDuration).with(of)
  const batchSize = sink.histogram(servingMetrics.batchSize).with(of)
  const stageFamily = sink.histogram(servingMetrics.stageDuration)
  const stageSeries = stages.map((stage) => stageFamily.with({ ...of, stage }))
  const requests = sink.counter(servingMetrics.requests)
  const answered = memo((route) => memo((code) => memo((source) => requests.with({ ...of, route, code, source }))))
  const guards = sink.counter(servingMetrics.guards)
  const fallbacks = sink.counter(servingMetrics.fallbacks)
  const info = sink.gauge(servingMetrics.modelInfo)
  const countClasses = classCounter(sink, identity.name, signature.output)

  function countIssues(issues: readonly RowIssue[]): void {
    for (const issue of issues) guards.with({ model: of.model, guard: guardOf(issue, signature), action: issue.action }).add(1)
  }

  function countFallback({ sourceNames, sources, issues }: Prediction, row: number): void {
    // 0 is none and 1 the model, by far the most rows.
    if (sources[row]! < 2 || sourceNames[sources[row]!]?.startsWith('fallback:') !== true) return
    fallbacks.with({ model: of.model, reason: reasonOf(issues?.get(row)) }).add(1)
  }

  return {
    run(prediction) {
      observeStages(stageSeries, prediction.timings)
      batchSize.observe(prediction.length)
    },
    rows(prediction, start, count) {
      const end = start + count
      if (prediction.issues !== null) {
        for (const [row, issues] of prediction.issues) if (row >= start && row < end) countIssues(issues)
      }
      if (prediction.sourceNames.length > 2) for (let row = start; row < end; row++) countFallback(prediction, row)
      countClasses(prediction, start, end)
    },
    request(route, code, source, durationMs) {
      duration.observe(durationMs / 1000)
      answered(route)(code)(source).add(1)
    },
    track({ inflight, queued }) {
      sink.gauge(servingMetrics.inflight).with(of).track(inflight)
      sink.gauge(servingMetrics.queueDepth).with(of).track(queued)
    },
    aliases(names) {
      info.retire(of)
      const labels = { ...of, digest: identity.digest }
      for (const alias of names.length === 0 ? [''] : names) info.with({ ...labels, alias }).set(1)
    },
    retire() {
      for (const metric of [servingMetrics.requestDuration, servingMetrics.batchSize, servingMetrics.stageDuration]) {
        sink.histogram<string>(metric).retire(of)
      }
      requests.retire(of)
      for (const metric of [servingMetrics.inflight, servingMetrics.queueDepth]) sink.gauge<string>(metric).retire(of)
      info.retire(of)
    },
  }
}

function observeStages(series: readonly Histogram[], timings: StageTimings): void {
  series[0]!.observe(timings.validateMs / 1000)
  series[1]!.observe(timings.gatherMs / 1000)
  series[2]!.observe(timings.preprocessMs / 1000)
  series[3]!.observe(timings.runMs / 1000)
  series[4]!.observe(timings.postprocessMs / 1000)
  series[5]!.observe(timings.returnMs / 1000)
}

/** `INPUT_RANGE:amount` for a field of the signature; a name that only the caller knows never becomes a label. */
function guardOf(issue: RowIssue, signature: Signature): string {
  const { field } = issue
  const known = field !== null && (Object.hasOwn(signature.input, field) || Object.hasOwn(signature.output, field))
  return known ? `${issue.code}:${field}` : issue.code
}

function reasonOf(issues: readonly RowIssue[] | undefined): string {
  const found = issues?.find((issue) => issue.action === 'fallback') ?? issues?.[0]
  return found?.code ?? 'UNKNOWN'
}
