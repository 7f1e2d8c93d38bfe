import type { Counter, Gauge, Histogram } from './metrics-sink.js'

/** A counter kept in memory: adding to it is one floating-point addition. */
export class CounterSeries implements Counter {
  value = 0

  add(amount: number): void {
    this.value += amount
  }
}

/** A gauge kept in memory, or read through when tracked. */
export class GaugeSeries implements Gauge {
  #value = 0
  #read: (() => number) | null = null

  get value(): number {
    return this.#read === null ? this.#value : this.#read()
  }

  set(value: number): void {
    this.#read = null
    this.#value = value
  }

  track(read: () => number): void {
    this.#read = read
  }
}

/** A histogram kept in memory: one count a bucket, the last one for what is above every bound. */
export class HistogramSeries implements Histogram {
  readonly bounds: Float64Array
  readonly counts: Float64Array
  sum = 0

  constructor(buckets: readonly number[]) {
    this.bounds = Float64Array.from(buckets)
    this.counts = new Float64Array(buckets.length + 1)
  }

  observe(value: number): void {
    const { bounds, counts } = this
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (value <= bounds[middle]!) high = middle
      else low = middle + 1
    }
    counts[low] = counts[low]! + 1
    this.sum += value
  }
}
