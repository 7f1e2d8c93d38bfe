import { memo } from './memo.js'
import type { Counter, MetricSpec, MetricsSink } from './metrics-sink.js'

/** What the lookup of a key came to. */
export type StoredOutcome = 'hit' | 'stale' | 'missing' | 'live' | 'fallback' | 'error'

interface StoredMetricSpecs {
  readonly lookups: MetricSpec<'model' | 'outcome'>
  readonly cacheHits: MetricSpec<'model'>
  readonly setAge: MetricSpec<'model'>
}

/** The metrics of stored predictions. */
export const storedMetrics: StoredMetricSpecs = {
  lookups: {
    name: 'slipway_stored_lookups_total',
    help: 'Keys of stored predictions looked up, by what came of it.',
    labels: ['model', 'outcome'],
    maxSeries: 600,
  },
  cacheHits: {
    name: 'slipway_stored_cache_hits_total',
    help: 'Keys of stored predictions answered from memory.',
    labels: ['model'],
    maxSeries: 100,
  },
  setAge: {
    name: 'slipway_stored_set_age_seconds',
    help: 'Age of the active set of stored predictions, when it was last looked at.',
    labels: ['model'],
    maxSeries: 100,
  },
}

/** Measurements of lookups into a sink. */
export interface StoredMeter {
  /** The counter of an outcome of a model; kept by whoever counts often. */
  lookups(model: string, outcome: StoredOutcome): Counter
  cacheHits(model: string): Counter
  /** `read` gives the age of the active set in seconds whenever the metrics are asked for. */
  trackAge(model: string, read: () => number): void
  forgetAge(model: string): void
}

/** A meter into a sink. */
export function createStoredMeter(sink: MetricsSink): StoredMeter {
  const lookups = sink.counter(storedMetrics.lookups)
  const cacheHits = sink.counter(storedMetrics.cacheHits)
  const setAge = sink.gauge(storedMetrics.setAge)
  const ofModel = memo((model) => memo((outcome) => lookups.with({ model, outcome })))
  const hitsOf = memo((model) => cacheHits.with({ model }))
  return {
    lookups: (model, outcome) => ofModel(model)(outcome),
    cacheHits: (model) => hitsOf(model),
    trackAge: (model, read) => setAge.with({ model }).track(read),
    forgetAge: (model) => setAge.retire({ model }),
  }
}
