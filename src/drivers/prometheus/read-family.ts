import type { AnyFamily } from '../../monitoring/accumulators.js'
import type { HistogramSeries } from '../../monitoring/series.js'

interface Sample {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** What prom-client asks of a metric when it writes its page. */
export interface PromMetric {
  readonly name: string
  get(): Promise<{ readonly name: string; readonly help: string; readonly type: string; readonly values: readonly Sample[] }>
}

/** A family of accumulated series in the form that prom-client prints. */
export function readFamily(family: AnyFamily): PromMetric {
  const { name, help } = family.spec
  return { name, get: () => Promise.resolve({ name, help, type: family.type, values: samplesOf(family) }) }
}

function samplesOf(family: AnyFamily): readonly Sample[] {
  if (family.type !== 'histogram') return family.read().map(({ labels, series }) => ({ labels, value: series.value }))
  return family.read().flatMap(({ labels, series }) => histogramSamples(family.spec.name, labels, series))
}

function histogramSamples(name: string, labels: Readonly<Record<string, string>>, series: HistogramSeries): Sample[] {
  let count = 0
  const buckets = Array.from(series.counts, (inBucket, i): Sample => {
    count += inBucket
    return { metricName: `${name}_bucket`, labels: { ...labels, le: series.bounds[i] ?? '+Inf' }, value: count }
  })
  return [...buckets, { metricName: `${name}_sum`, labels, value: series.sum }, { metricName: `${name}_count`, labels, value: count }]
}
