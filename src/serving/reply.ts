import { SlipwayError } from '../core/errors.js'
import type { RowIssue } from '../core/issue.js'
import { issueLabel } from '../core/issue.js'
import type { Reply } from './data-plane.js'

const noIssues: readonly RowIssue[] = []

/** Issues of one row of a reply; `row` counts from the reply's first. */
export function issuesOf({ prediction, start }: Reply, row: number): readonly RowIssue[] {
  return prediction.issues?.get(start + row) ?? noIssues
}

/** Where the answer of a row came from: `model`, `fallback:<name>`, `stored`, or `none` when the row was refused. */
export function sourceOf({ prediction, start }: Reply, row: number): string {
  return prediction.sourceNames[prediction.sources[start + row]!]!
}

/** True when the row has no answer. */
export function isRefused({ prediction, start }: Reply, row: number): boolean {
  return prediction.sources[start + row] === 0
}

/** The issue for which a row was refused. */
export function refusalOf(reply: Reply, row: number): RowIssue {
  const issues = issuesOf(reply, row)
  return (
    issues.find((issue) => issue.action === 'reject') ??
    issues.at(-1) ?? { row, code: 'INTERNAL', field: null, message: 'the row has no answer', action: 'reject' }
  )
}

/** Throws the refusal of the first refused row: for protocols that have no place for errors of single rows. */
export function requireAnswers(reply: Reply): void {
  const { prediction, start, count } = reply
  for (let row = 0; row < count; row++) {
    if (prediction.sources[start + row] !== 0) continue
    const issue = refusalOf(reply, row)
    throw new SlipwayError(issue.code, located(issue, count > 1 ? row : null))
  }
}

/** The issue's message, with the row where there are several, and the field where the message does not name it. */
function located({ field, message }: RowIssue, row: number | null): string {
  const place = row === null ? '' : `row ${row}: `
  return field === null || message.includes(`\`${field}\``) ? `${place}${message}` : `${place}\`${field}\`: ${message}`
}

/** Codes that the guards noted, over all rows of a reply, each once: `INPUT_RANGE:amount`. */
export function labelsOf(reply: Reply): readonly string[] {
  if (reply.prediction.issues === null) return []
  const labels = new Set<string>()
  for (let row = 0; row < reply.count; row++) for (const issue of issuesOf(reply, row)) labels.add(issueLabel(issue))
  return [...labels]
}

/** The sources that occur in a reply, each once, in the order of rows. */
export function sourcesOf(reply: Reply): readonly string[] {
  const first = sourceOf(reply, 0)
  if (reply.count === 1) return [first]
  const names = new Set<string>()
  for (let row = 0; row < reply.count; row++) names.add(sourceOf(reply, row))
  return [...names]
}

/** The id of the only row, or of the first and the last: ids of one request follow one another. */
export function predictionIds({ prediction, start, count }: Reply): string {
  const first = `${prediction.idPrefix}-${start}`
  return count > 1 ? `${first}..${prediction.idPrefix}-${start + count - 1}` : first
}
