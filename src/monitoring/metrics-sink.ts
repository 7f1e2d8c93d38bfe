/** What a metric is called and which labels its series carry. */
export interface MetricSpec<L extends string = string> {
  /** Prometheus name with base unit: `slipway_request_duration_seconds`. */
  readonly name: string
  readonly help: string
  readonly labels: readonly L[]
  /** Most series kept; what comes after them is counted together under the label value `other`. 200 when left out. */
  readonly maxSeries?: number
}

export interface HistogramSpec<L extends string = string> extends MetricSpec<L> {
  /** Upper bounds of the buckets, ascending; +Inf is implied. */
  readonly buckets: readonly number[]
}

/** A sum that only grows. */
export interface Counter {
  add(amount: number): void
}

/** A value that goes up and down. */
export interface Gauge {
  set(value: number): void
  /** Reads the value when it is asked for, instead of being told: nothing is paid on the way of a request. */
  track(read: () => number): void
}

export interface Histogram {
  observe(value: number): void
}

export type LabelValues<L extends string> = Readonly<Record<L, string>>

/** The series of one metric, by label values. */
export interface MetricFamily<L extends string, M> {
  /** The series with these label values. Callers on the way of a request keep what they get. */
  with(labels: LabelValues<L>): M
  /** Drops every series that has these label values, once they have been read for the last time. */
  retire(labels: Partial<LabelValues<L>>): void
}

/** Where measurements go. Asking twice for the same name gives the same family. */
export interface MetricsSink {
  counter<L extends string>(spec: MetricSpec<L>): MetricFamily<L, Counter>
  gauge<L extends string>(spec: MetricSpec<L>): MetricFamily<L, Gauge>
  histogram<L extends string>(spec: HistogramSpec<L>): MetricFamily<L, Histogram>
}
