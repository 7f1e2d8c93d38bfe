import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { batchMetrics } from '../src/monitoring/batch-metrics.js'
import type { MetricSpec } from '../src/monitoring/metrics-sink.js'
import { servingMetrics } from '../src/monitoring/serving-metrics.js'
import { storedMetrics } from '../src/monitoring/stored-metrics.js'
import { scheduleMetricSpecs } from '../src/targets/batch/schedule/schedule-metrics.js'

const page = readFileSync(fileURLToPath(new URL('../docs/reference/metrics.md', import.meta.url)), 'utf8')
const groups: readonly object[] = [servingMetrics, storedMetrics, batchMetrics, scheduleMetricSpecs]
const specs = groups.flatMap((group) => Object.values(group) as MetricSpec[])

/** Type and labels of each metric, as the tables of the page have them. */
const rows = new Map(
  [...page.matchAll(/^\| `(slipway_\w+)` \| (\w+) \| ([^|]+) \|/gm)].map(([, name, type, labels]) => [
    name!,
    { type: type!, labels: [...labels!.matchAll(/`(\w+)`/g)].map((label) => label[1]!) },
  ]),
)

function typeOf(spec: MetricSpec): string {
  if ('buckets' in spec) return 'histogram'
  return spec.name.endsWith('_total') ? 'counter' : 'gauge'
}

describe('the page of the metrics', () => {
  it.each(specs.map((spec) => [spec.name, spec] as const))('has %s with its type and labels', (name, spec) => {
    expect(rows.get(name)).toEqual({ type: typeOf(spec), labels: spec.labels })
  })

  it('has no metric that is gone', () => {
    expect([...rows.keys()].toSorted()).toEqual(specs.map((spec) => spec.name).toSorted())
  })

  it('asks in its queries for metrics and labels that exist', () => {
    const selectors = [...page.matchAll(/\b(slipway_\w+)(?:\{([^}]*)\})?/g)]
    expect(selectors.length).toBeGreaterThan(specs.length)
    const wrong = selectors.flatMap(([whole, name, matchers]) => {
      const spec = specs.find((candidate) => candidate.name === name || histogramSeries(candidate).includes(name!))
      if (spec === undefined) return [`${whole}: no such metric`]
      const asked = [...(matchers ?? '').matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map((match) => match[1]!)
      return asked.filter((label) => !spec.labels.includes(label)).map((label) => `${whole}: no label ${label}`)
    })
    expect(wrong).toEqual([])
  })
})

function histogramSeries(spec: MetricSpec): readonly string[] {
  return 'buckets' in spec ? ['bucket', 'sum', 'count'].map((part) => `${spec.name}_${part}`) : []
}
