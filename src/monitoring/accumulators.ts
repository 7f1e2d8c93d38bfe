import type { Counter, Gauge, Histogram, HistogramSpec, MetricFamily, MetricSpec, MetricsSink } from './metrics-sink.js'
import { SeriesFamily } from './series-family.js'
import { CounterSeries, GaugeSeries, HistogramSeries } from './series.js'

/** A family as it is read out, told apart by `type`. */
export type AnyFamily =
  | (SeriesFamily<CounterSeries> & { readonly type: 'counter' })
  | (SeriesFamily<GaugeSeries> & { readonly type: 'gauge' })
  | (SeriesFamily<HistogramSeries> & { readonly type: 'histogram' })

/** Measurements kept in memory until somebody reads them. */
export interface Accumulators extends MetricsSink {
  /** Every family so far, in the order of their creation. */
  families(): readonly AnyFamily[]
}

export interface AccumulatorOptions {
  /** Told of each new family, for example to register it with an exporter. */
  readonly onFamily?: (family: AnyFamily) => void
}

/** A sink that adds up in memory and costs nanoseconds; exporters read its families when they are scraped. */
export function createAccumulators(options: AccumulatorOptions = {}): Accumulators {
  const families = new Map<string, AnyFamily>()

  function family(type: AnyFamily['type'], spec: MetricSpec, create: () => unknown): unknown {
    const found = families.get(spec.name)
    if (found !== undefined) return sameFamily(found, type, spec)
    const made = new SeriesFamily(type, spec, create) as unknown as AnyFamily
    families.set(spec.name, made)
    options.onFamily?.(made)
    return made
  }

  return {
    counter: <L extends string>(spec: MetricSpec<L>) => family('counter', spec, () => new CounterSeries()) as MetricFamily<L, Counter>,
    gauge: <L extends string>(spec: MetricSpec<L>) => family('gauge', spec, () => new GaugeSeries()) as MetricFamily<L, Gauge>,
    histogram: <L extends string>(spec: HistogramSpec<L>) =>
      family('histogram', spec, () => new HistogramSeries(spec.buckets)) as MetricFamily<L, Histogram>,
    families: () => [...families.values()],
  }
}

function sameFamily(found: AnyFamily, type: AnyFamily['type'], spec: MetricSpec): AnyFamily {
  const same = found.type === type && found.spec.labels.join() === spec.labels.join()
  if (!same) throw new TypeError(`metric ${spec.name} is already a ${found.type} with the labels ${found.spec.labels.join(', ')}`)
  return found
}
