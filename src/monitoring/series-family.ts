import type { LabelValues, MetricFamily, MetricSpec } from './metrics-sink.js'

const defaultMaxSeries = 200

interface Entry<M> {
  readonly labels: Readonly<Record<string, string>>
  readonly series: M
  retired: boolean
}

/** The series of one metric in memory, bounded in number. */
export class SeriesFamily<M> implements MetricFamily<string, M> {
  readonly spec: MetricSpec
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly #create: () => M
  readonly #entries = new Map<string, Entry<M>>()

  constructor(type: 'counter' | 'gauge' | 'histogram', spec: MetricSpec, create: () => M) {
    this.type = type
    this.spec = spec
    this.#create = create
  }

  with(labels: LabelValues<string>): M {
    const values = this.spec.labels.map((name) => labels[name] ?? '')
    const found = this.#entries.get(keyOf(values))
    if (found !== undefined) {
      found.retired = false
      return found.series
    }
    // The overflow series is one more than the limit, so that nothing measured is lost.
    const full = this.#entries.size >= (this.spec.maxSeries ?? defaultMaxSeries)
    return full ? this.#add(values.map(() => 'other')) : this.#add(values)
  }

  retire(labels: Partial<LabelValues<string>>): void {
    const wanted = Object.entries(labels)
    for (const entry of this.#entries.values()) {
      if (wanted.every(([name, value]) => entry.labels[name] === value)) entry.retired = true
    }
  }

  /** Every series with its labels. Those retired are given once more and then forgotten. */
  read(): { readonly labels: Readonly<Record<string, string>>; readonly series: M }[] {
    const entries = [...this.#entries]
    for (const [key, entry] of entries) if (entry.retired) this.#entries.delete(key)
    return entries.map(([, entry]) => entry)
  }

  #add(values: readonly string[]): M {
    const key = keyOf(values)
    const found = this.#entries.get(key)
    if (found !== undefined) return found.series
    const labels = Object.fromEntries(this.spec.labels.map((name, i) => [name, values[i]!]))
    const series = this.#create()
    this.#entries.set(key, { labels, series, retired: false })
    return series
  }
}

function keyOf(values: readonly string[]): string {
  return values.join('\u0000')
}
