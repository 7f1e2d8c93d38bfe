import { quantileOf } from '../../../monitoring/output-profile-quantile.js'
import type { CategoryProfile, NumberProfile } from '../../../monitoring/output-profile.js'
import type { RunReport } from '../run-report.js'
import { categoryChart } from './category-chart.js'
import { count, measure, share } from './format.js'
import { histogramOf } from './histogram.js'
import type { Markup } from './markup.js'
import { html } from './markup.js'
import { numberChart } from './number-chart.js'
import { psiInWords, shiftOf } from './psi-words.js'

/** Outputs that are shown at once; the others behind a fold. */
const shownOutputs = 12

type Profile = NumberProfile | CategoryProfile

interface Output {
  readonly name: string
  readonly profile: Profile
  readonly reference: Profile | null
  readonly psi: number | null
}

/** The distribution of each output beside that of the reference run; those that moved most first where there are many. */
export function outputsSection(report: RunReport): Markup | null {
  const outputs = outputsOf(report)
  if (outputs.length === 0) return null
  const ordered = outputs.length > shownOutputs ? outputs.toSorted((a, b) => (b.psi ?? -1) - (a.psi ?? -1)) : outputs
  const [shown, folded] = [ordered.slice(0, shownOutputs), ordered.slice(shownOutputs)]
  return html`<section>
    <h2>Outputs</h2>
    <p class="legend">
      <span class="key fill"></span>this run, ${count(report.profile.rows)}
      rows${
        report.reference === null
          ? null
          : html`<span class="key frame"></span>run <code>${report.reference.run}</code>, ${count(report.reference.profile.rows)} rows`
      }
    </p>
    <div class="cards">${shown.map(card)}</div>
    ${
      folded.length === 0
        ? null
        : html`<details>
            <summary>${count(folded.length)} more outputs</summary>
            <div class="cards">${folded.map(card)}</div>
          </details>`
    }
  </section>`
}

function outputsOf({ profile, reference }: RunReport): Output[] {
  return Object.entries(profile.outputs).map(([name, output]) => {
    const other = reference !== null && Object.hasOwn(reference.profile.outputs, name) ? reference.profile.outputs[name]! : null
    return { name, profile: output, reference: other?.kind === output.kind ? other : null, psi: reference?.psi[name] ?? null }
  })
}

function card({ name, profile, reference, psi }: Output): Markup {
  return html`<article>
    <h3><span>${name}</span>${psi === null ? null : html`<span class="chip ${shiftOf(psi)}">${psiInWords(psi)}</span>`}</h3>
    ${profile.count === 0 ? html`<p class="note">no values</p>` : chart(name, profile, reference)}
    <p class="note">${summary(profile, reference)}</p>
  </article>`
}

function chart(name: string, profile: Profile, reference: Profile | null): Markup {
  if (profile.kind === 'number') return numberChart(name, profile, reference as NumberProfile | null)
  return categoryChart(name, profile, reference as CategoryProfile | null)
}

/** The numbers under a chart; a name stays on the line of its number. */
function summary(profile: Profile, reference: Profile | null): string {
  const facts = profile.kind === 'number' ? numberFacts(profile, reference as NumberProfile | null) : categoryFacts(profile)
  const missing = `missing ${count(profile.missing)} (${share(profile.missing, profile.missing + profile.count)})`
  return [...facts, ...(profile.missing > 0 ? [missing] : [])].map((fact) => fact.replaceAll(' ', '\u00a0')).join(' · ')
}

function categoryFacts({ values, other }: CategoryProfile): string[] {
  const kept = Object.keys(values).length
  return [other === undefined ? `${count(kept)} value${kept === 1 ? '' : 's'}` : `more than ${count(kept)} values`]
}

function numberFacts(profile: NumberProfile, reference: NumberProfile | null): string[] {
  if (profile.count === 0) return []
  const { outside } = histogramOf(profile, reference)
  return [
    `mean ${measure(profile.mean)}`,
    ...[0.05, 0.5, 0.95].map((q) => `p${100 * q} ${measure(quantileOf(profile, q))}`),
    `min ${measure(profile.min)}`,
    `max ${measure(profile.max)}`,
    ...(outside > 1e-9 ? [`${share(outside, 1)} beyond the axis`] : []),
  ]
}
