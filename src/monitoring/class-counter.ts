import type { Fields } from '../core/field.js'
import type { Prediction } from '../core/prediction.js'
import type { Counter, MetricsSink } from './metrics-sink.js'
import { servingMetrics } from './serving-metrics.js'

/** Outputs with more categories than this are not counted by class. */
const maxClasses = 50

interface ClassSeries {
  readonly output: string
  readonly counters: ReadonlyMap<string, Counter>
}

/** Counts rows of predictions by class, for every output that is a category. Rows that nothing answered are left out. */
export function classCounter(
  sink: MetricsSink,
  model: string,
  outputs: Fields,
): (prediction: Prediction, start: number, end: number) => void {
  const counted = Object.entries(outputs).flatMap(([output, field]): ClassSeries[] => {
    if (field.kind !== 'category' || field.categories.length > maxClasses) return []
    const family = sink.counter(servingMetrics.predictions)
    return [{ output, counters: new Map(field.categories.map((name) => [name, family.with({ model, output, class: name })])) }]
  })
  return (prediction, start, end) => {
    for (const { output, counters } of counted) {
      const data = prediction.frame.columns[output]?.data as readonly string[] | undefined
      if (data === undefined) continue
      for (let row = start; row < end; row++) {
        if (prediction.sources[row] !== 0) counters.get(data[row]!)?.add(1)
      }
    }
  }
}
