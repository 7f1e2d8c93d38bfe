import type { CategoryProfile } from '../../../monitoring/output-profile.js'
import type { Markup } from './markup.js'
import { html } from './markup.js'
import { share } from './format.js'

const shownValues = 8

/** The most frequent values of an output as bars, the shares of the reference as outlines around them. */
export function categoryChart(name: string, profile: CategoryProfile, reference: CategoryProfile | null): Markup {
  const rows = rowsOf(profile, reference)
  const most = Math.max(...rows.map((row) => Math.max(row.share, row.reference ?? 0)))
  const percent = (value: number): string => `${((100 * value) / most).toFixed(1)}%`
  return html`<ul class="values" aria-label="Shares of the values of ${name}">
    ${rows.map(
      (row) =>
        html`<li>
          <span class="value" title="${row.label}">${row.label}</span>
          <span class="number"
            >${share(row.share, 1)}${row.reference === null ? null : html` <small>was ${share(row.reference, 1)}</small>`}</span
          >
          <span class="track" aria-hidden="true">
            <span class="fill" style="width:${percent(row.share)}"></span>
            ${row.reference === null ? null : html`<span class="frame" style="width:${percent(row.reference)}"></span>`}
          </span>
        </li>`,
    )}
  </ul>`
}

interface Row {
  readonly label: string
  readonly share: number
  readonly reference: number | null
}

function rowsOf(profile: CategoryProfile, reference: CategoryProfile | null): Row[] {
  const names = [...new Set([...Object.keys(profile.values), ...Object.keys(reference?.values ?? {})])]
  const rows = names.map((name) => ({
    label: name === '' ? '(empty)' : name,
    share: shareOf(profile, name),
    reference: reference === null || reference.count === 0 ? null : shareOf(reference, name),
  }))
  const sorted = rows.toSorted((a, b) => Math.max(b.share, b.reference ?? 0) - Math.max(a.share, a.reference ?? 0))
  const shown = sorted.slice(0, shownValues)
  const rest = { label: '(all others)', share: restOf(shown.map((row) => row.share)), reference: restOfReference(shown) }
  return rest.share > 1e-9 || (rest.reference ?? 0) > 1e-9 ? [...shown, rest] : shown
}

function shareOf(profile: CategoryProfile, name: string): number {
  return Object.hasOwn(profile.values, name) ? profile.values[name]! / profile.count : 0
}

function restOf(shares: readonly number[]): number {
  return Math.max(0, 1 - shares.reduce((sum, value) => sum + value, 0))
}

function restOfReference(rows: readonly Row[]): number | null {
  return rows[0]?.reference === null ? null : restOf(rows.map((row) => row.reference ?? 0))
}
