import type { RunReport, StepTimings } from '../run-report.js'
import { duration, share } from './format.js'
import type { Markup } from './markup.js'
import { html } from './markup.js'

const steps: readonly (readonly [keyof StepTimings, string])[] = [
  ['readMs', 'read'],
  ['validateMs', 'validate'],
  ['gatherMs', 'gather'],
  ['preprocessMs', 'preprocess'],
  ['runMs', 'run the model'],
  ['postprocessMs', 'postprocess'],
  ['writeMs', 'write'],
]

/** Where the time of the workers went: one bar, and its numbers. */
export function timingSection({ timings, workers }: RunReport): Markup | null {
  const total = steps.reduce((sum, [step]) => sum + timings[step], 0)
  if (total <= 0) return null
  return html`<section>
    <h2>Time by step</h2>
    <div class="stack" aria-hidden="true">
      ${steps.map(([step], i) =>
        timings[step] > 0 ? html`<span class="step-${i}" style="flex-grow:${((1000 * timings[step]) / total).toFixed(1)}"></span>` : null,
      )}
    </div>
    <ul class="steps">
      ${steps.map(([step, name], i) =>
        timings[step] > 0
          ? html`<li>
              <span class="key step-${i}"></span>${name} <strong>${share(timings[step], total)}</strong>
              <span class="quiet">${duration(timings[step])}</span>
            </li>`
          : null,
      )}
    </ul>
    <p class="note">${duration(total)} of worker time over ${workers} worker${workers === 1 ? '' : 's'}</p>
  </section>`
}
