import { SlipwayError } from '../../core/errors.js'
import { issueLabel } from '../../core/issue.js'
import type { RowIssue } from '../../core/issue.js'
import type { Reply } from '../../serving/data-plane.js'

/** Throws the refusal of the first refused row: an answer of the protocol has no place for errors of single rows. */
export function requireAnswers({ prediction, start, count }: Reply): void {
  for (let row = 0; row < count; row++) {
    if (prediction.sources[start + row] !== 0) continue
    const issues = prediction.issues?.get(start + row) ?? []
    const issue = issues.find((each) => each.action === 'reject') ?? issues.at(-1)
    if (issue === undefined) throw new SlipwayError('INTERNAL', 'a row has no answer')
    throw new SlipwayError(issue.code, located(issue, count > 1 ? row : null))
  }
}

/** The sources that occur in a reply, each once. */
export function sourcesOf({ prediction, start, count }: Reply): readonly string[] {
  const names = new Set<string>()
  for (let row = start; row < start + count; row++) names.add(prediction.sourceNames[prediction.sources[row]!]!)
  return [...names]
}

/** What the guards noted over all rows of a reply, each once: `INPUT_RANGE:amount`. */
export function codesOf({ prediction, start, count }: Reply): readonly string[] {
  if (prediction.issues === null) return []
  const labels = new Set<string>()
  for (let row = start; row < start + count; row++) for (const issue of prediction.issues.get(row) ?? []) labels.add(issueLabel(issue))
  return [...labels]
}

/** The issue's message, with the row where there are several, and the field where the message does not name it. */
function located({ field, message }: RowIssue, row: number | null): string {
  const place = row === null ? '' : `row ${row}: `
  return field === null || message.includes(`\`${field}\``) ? `${place}${message}` : `${place}\`${field}\`: ${message}`
}
