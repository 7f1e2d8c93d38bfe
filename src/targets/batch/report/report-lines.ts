import type { CodeCount, RunReport } from '../run-report.js'
import { bytes, count, duration, share } from './format.js'
import { psiInWords } from './psi-words.js'

const shownCodes = 5
const shownOutputs = 8

/** A run in a few lines of plain text, for a terminal. */
export function reportLines(report: RunReport): string[] {
  const { counts, model, name, run, state } = report
  return [
    `${state}: ${name === null ? '' : `${name}, `}${model.name}@${model.version}, run ${run}`,
    ...(report.error === null ? [] : [`  ${report.error.code}: ${report.error.message}`]),
    `  ${count(counts.read)} rows read, ${count(counts.written)} written, ${count(counts.bad)} bad (${share(counts.bad, counts.read)}), ${count(counts.fallback)} by a fallback (${share(counts.fallback, counts.written)})${counts.filtered > 0 ? `, ${count(counts.filtered)} filtered` : ''}`,
    `  ${duration(report.elapsedMs)}, ${count(report.rowsPerSecond)} rows/s, ${report.workers} worker${report.workers === 1 ? '' : 's'}, at most ${bytes(report.peakRssBytes)}${report.resumedPartitions > 0 ? `; ${count(report.resumedPartitions)} of ${count(report.partitions)} partitions were there already` : ''}`,
    ...codeLines('bad', report.badCodes),
    ...codeLines('answered', report.rowCodes),
    ...shiftLines(report),
    ...(report.quarantine === null ? [] : [`  quarantine: ${report.quarantine}`]),
    ...(report.output === null ? [] : [`  output: ${report.output.location}`]),
    ...storedLines(report.stored),
  ]
}

function codeLines(kind: string, codes: readonly CodeCount[]): string[] {
  const lines = codes.slice(0, shownCodes).map(({ code, rows, example }) => `  ${kind}: ${code} ${count(rows)}, such as: ${example}`)
  return codes.length > shownCodes ? [...lines, `  ${kind}: ${count(codes.length - shownCodes)} more codes in the report`] : lines
}

function shiftLines({ reference }: RunReport): string[] {
  if (reference === null) return []
  const found = Object.entries(reference.psi).flatMap(([output, psi]) => (psi === null ? [] : [{ output, psi }]))
  const shown = found.toSorted((a, b) => b.psi - a.psi).slice(0, shownOutputs)
  return shown.map(({ output, psi }) => `  ${output}: ${psiInWords(psi)}, against run ${reference.run}`)
}

function storedLines(stored: RunReport['stored']): string[] {
  if (stored === null) return []
  const reasons = stored.reasons.length === 0 ? '' : `: ${stored.reasons.join('; ')}`
  return [
    `  stored set ${stored.set}: gate ${stored.gate}${reasons}; ${stored.flipped ? 'readers are answered from it' : 'readers are not answered from it'}`,
  ]
}
