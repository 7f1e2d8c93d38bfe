import type { CodeCount, RunReport } from '../run-report.js'
import { count, share } from './format.js'
import type { Markup } from './markup.js'
import { html, withCode } from './markup.js'

/** The codes of rows put aside and of rows that were answered all the same. */
export function codesSection({ badCodes, rowCodes, counts, quarantine }: RunReport): readonly (Markup | null)[] {
  const aside = quarantine === null ? 'These rows are in no output.' : html`These rows are in no output but in <code>${quarantine}</code>.`
  return [
    table('Bad rows', aside, badCodes, counts.read),
    table('Findings on rows that were answered', 'By the model in spite of a warning, or by a fallback.', rowCodes, counts.read),
  ]
}

function table(title: string, note: Markup | string, codes: readonly CodeCount[], rows: number): Markup | null {
  if (codes.length === 0) return null
  return html`<section>
    <h2>${title}</h2>
    <p class="note">${note}</p>
    <div class="scroll">
      <table class="codes">
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col" class="number">Rows</th>
            <th scope="col" class="number">Of all</th>
            <th scope="col">Example</th>
          </tr>
        </thead>
        <tbody>
          ${codes.map(
            ({ code, rows: found, example }) =>
              html`<tr>
                <th scope="row"><code>${code}</code></th>
                <td class="number">${count(found)}</td>
                <td class="number">${share(found, rows)}</td>
                <td class="example">${withCode(example)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}
