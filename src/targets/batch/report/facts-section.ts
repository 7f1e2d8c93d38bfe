import type { RunReport } from '../run-report.js'
import { bytes, count, moment } from './format.js'
import type { Markup } from './markup.js'
import { html } from './markup.js'

type Fact = readonly [string, Markup | string] | null

/** What the run read and wrote, and what it was made of. */
export function factsSection(report: RunReport): Markup {
  const facts = [...outputFacts(report), ...workFacts(report), ...identityFacts(report)].filter((fact) => fact !== null)
  return html`<section>
    <h2>Run</h2>
    <dl>
      ${facts.map(
        ([term, value]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </section>`
}

function outputFacts({ from, to, output, stored, quarantine }: RunReport): Fact[] {
  return [
    ['From', html`<code>${from}</code>`],
    ['To', html`<code>${to}</code>`],
    output === null
      ? null
      : [
          'Output',
          html`<code>${output.location}</code>, ${count(output.rows)} rows${output.bytes > 0 ? `, ${bytes(output.bytes)}` : null}`,
        ],
    quarantine === null ? null : ['Quarantine', html`<code>${quarantine}</code>`],
    stored === null
      ? null
      : [
          'Stored set',
          html`<code>${stored.set}</code>, ${stored.flipped ? 'readers are answered from it' : 'readers are not answered from it'}`,
        ],
    stored === null
      ? null
      : [
          'Gate',
          html`<span class="chip ${stored.gate === 'passed' ? 'stable' : 'large'}">${stored.gate}</span> ${stored.reasons.join('; ')}`,
        ],
  ]
}

function workFacts({ partitions, resumedPartitions, workers, peakRssBytes, startedAt, finishedAt, logicalTime }: RunReport): Fact[] {
  return [
    ['Partitions', `${count(partitions)}${resumedPartitions > 0 ? `, ${count(resumedPartitions)} of them from an earlier attempt` : ''}`],
    ['Workers', `${workers}, at most ${bytes(peakRssBytes)} of memory`],
    ['Started', moment(startedAt)],
    finishedAt === null ? null : ['Finished', moment(finishedAt)],
    logicalTime === null ? null : ['Logical time', moment(logicalTime)],
  ]
}

function identityFacts({ run, model, fingerprint, reference }: RunReport): Fact[] {
  return [
    ['Run', html`<code>${run}</code>`],
    ['Model', html`<code>${model.name}@${model.version}</code> <code class="quiet">${model.digest}</code>`],
    ['Fingerprint', html`<code>${fingerprint}</code>`],
    reference === null ? null : ['Compared with', html`run <code>${reference.run}</code>`],
  ]
}
