import type { Flips, PointReads } from './stored-embedded.js'
import type { HttpReport } from './stored-http.js'
import type { LoadFigures } from './stored-loading.js'
import type { MixedReads } from './stored-mixed.js'
import type { PostgresReads } from './stored-postgres.js'

export interface EmbeddedReport {
  readonly engine: string
  readonly load: Readonly<Record<'keyOrder' | 'shuffled', LoadFigures & { readonly bytes: number; readonly bytesPerKey: number }>>
  readonly pointReads: PointReads
  readonly flips: Flips
  readonly mixed: MixedReads & { readonly flips: number }
}
export interface StoredReport {
  readonly http: HttpReport
  readonly embedded: Readonly<Record<string, EmbeddedReport | { readonly skipped: string }>>
  readonly postgres: { readonly load: LoadFigures; readonly reads: Readonly<Record<string, PostgresReads>> }
  readonly options: Readonly<Record<string, number>>
}

/** The report for a reader, on standard output. */
export function printTable({ http, embedded, postgres, options }: StoredReport): void {
  const lines: [string, string][] = [['options', pairs(options)]]
  for (const [engine, report] of Object.entries(embedded)) {
    if ('skipped' in report) {
      lines.push([engine, `skipped: ${report.skipped}`])
      continue
    }
    const { load, pointReads, flips, mixed } = report
    for (const [order, loaded] of Object.entries(load)) lines.push([`${engine} load, ${order}`, pairs(loaded)])
    lines.push(
      [`${engine} point reads`, pairs(pointReads)],
      [`${engine} flips`, pairs(flips)],
      [`${engine} reads during flips`, pairs(mixed)],
    )
  }
  lines.push(['postgres load', pairs(postgres.load)])
  for (const [readers, { store, driver, throughputRatio }] of Object.entries(postgres.reads)) {
    lines.push([`postgres ${readers}`, `store ${store.readsPerSecond}/s, driver ${driver.readsPerSecond}/s, ratio ${throughputRatio}`])
  }
  for (const part of ['full', 'steady', 'throughputRatio', 'p99Ratio', 'steadyP99Ratio'] as const) {
    for (const [name, figures] of Object.entries(http[part])) lines.push([`${part} ${name}`, pairs(figures)])
  }
  const width = Math.max(...lines.map(([name]) => name.length))
  for (const [name, text] of lines) process.stdout.write(`${name.padEnd(width)}  ${text}\n`)
}

function pairs(figures: object): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
}
