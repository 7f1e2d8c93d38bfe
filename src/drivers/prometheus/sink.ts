import { SlipwayError } from '../../core/errors.js'
import { createAccumulators } from '../../monitoring/accumulators.js'
import type { MetricsSink } from '../../monitoring/metrics-sink.js'
import { readFamily } from './read-family.js'
import type { PromMetric } from './read-family.js'

/** A metrics sink with a page that Prometheus scrapes. */
export interface PrometheusSink extends MetricsSink {
  /** Content type of the page. */
  readonly contentType: string
  /** Every metric in Prometheus' text format. */
  exposition(): Promise<string>
  close(): void
}

export interface PrometheusOptions {
  /** Metrics of the process itself: CPU, memory, event loop, garbage collection; on when left out. */
  readonly processMetrics?: boolean
}

/** Sums of gauges that end like counters, which `promtool check metrics` refuses; their parts, by type, stay. */
const misnamed = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total']

/** Adds up in memory and hands prom-client the sums when it is scraped: a request pays nanoseconds. */
export async function createPrometheusSink(options: PrometheusOptions = {}): Promise<PrometheusSink> {
  const { Registry, collectDefaultMetrics } = await loadClient()
  const registry = new Registry()
  const register = (metric: PromMetric): void => registry.registerMetric(metric as never)
  const accumulators = createAccumulators({ onFamily: (family) => register(readFamily(family)) })
  if (options.processMetrics !== false) {
    collectDefaultMetrics({ register: registry })
    for (const name of misnamed) registry.removeSingleMetric(name)
  }
  return {
    ...accumulators,
    contentType: registry.contentType,
    exposition: () => registry.metrics(),
    close: () => registry.clear(),
  }
}

async function loadClient(): Promise<typeof import('prom-client')> {
  try {
    return (await import('prom-client')).default
  } catch (cause) {
    throw new SlipwayError('PACKAGE_MISSING', 'metrics need the package prom-client: npm install prom-client@15', { cause })
  }
}
