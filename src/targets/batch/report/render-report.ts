import type { RunReport } from '../run-report.js'
import { codesSection } from './codes-section.js'
import { factsSection } from './facts-section.js'
import { count, duration, moment, share } from './format.js'
import { html, Markup, withCode } from './markup.js'
import { outputsSection } from './outputs-section.js'
import { style } from './style.js'
import { timingSection } from './timing-section.js'

/** A run as an HTML page that needs nothing but itself: no script, no font, no image from elsewhere. Every text of the run is escaped. */
export function renderReport(report: RunReport): string {
  const model = `${report.model.name}@${report.model.version}`
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:" />
        <link rel="icon" href="data:," />
        <title>${report.name ?? 'Batch'}: ${model}, ${report.state}</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${report.name === null ? null : `${report.name} · `}${model} <span class="chip ${report.state}">${report.state}</span></h1>
            <p class="lead">${report.from} → ${report.to}, ${moment(report.startedAt)}</p>
            ${report.error === null ? null : html`<p class="error"><strong>${report.error.code}</strong> ${withCode(report.error.message)}</p>`}
          </header>
          ${tiles(report)} ${outputsSection(report)} ${timingSection(report)} ${[...codesSection(report)]} ${factsSection(report)}
        </main>
      </body>
    </html> `
  return page.text
}

function tiles({ counts, rowsPerSecond, elapsedMs }: RunReport): Markup {
  const facts: readonly (readonly [string, string, string | null])[] = [
    ['Rows read', count(counts.read), counts.filtered > 0 ? `${count(counts.filtered)} left out by the filter` : null],
    ['Rows written', count(counts.written), share(counts.written, counts.read)],
    ['Bad rows', count(counts.bad), share(counts.bad, counts.read)],
    ['By a fallback', count(counts.fallback), `${share(counts.fallback, counts.written)} of those written`],
    ['Rows a second', count(rowsPerSecond), null],
    ['Time', duration(elapsedMs), null],
  ]
  return html`<dl class="tiles">
    ${facts.map(
      ([term, value, note]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}${note === null ? null : html`<small>${note}</small>`}</dd>
        </div>`,
    )}
  </dl>`
}
