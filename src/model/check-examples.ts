import { createFrameBuilder } from '../core/frame-builder.js'
import type { RowIssue } from '../core/issue.js'
import { IssueLog } from '../guardrails/issue-log.js'
import { refuseDefinition } from './definition-error.js'
import type { ModelDefinition } from './definition.js'
import { compileGuards, rowPolicyOf } from './guards.js'

/** Refuses examples that the definition's own checks would refuse; features that are looked up may be absent. */
export function checkExamples(definition: ModelDefinition): void {
  if (!Array.isArray(definition.examples)) refuseDefinition('examples', 'expected a list of rows')
  if (definition.examples.length === 0) return
  const check = createRowCheck(definition)
  for (const [index, row] of (definition.examples as readonly unknown[]).entries()) {
    const refused = check(row).find((issue) => issue.action === 'reject')
    if (refused !== undefined) refuseDefinition(`examples[${index}]`, refused.message)
  }
}

/** What the checks of a definition find about a row by itself; nothing is looked up. */
export function createRowCheck(definition: ModelDefinition): (row: unknown) => readonly RowIssue[] {
  const guards = compileGuards(definition, () => {})
  const policy = rowPolicyOf(definition)
  return (row) => {
    // A builder each: tensors with free dimensions may differ from row to row.
    const builder = createFrameBuilder(definition.input, { ...policy, unknownFields: 'reject' })
    builder.appendRow(row)
    const { frame, issues } = builder.build()
    const log = new IssueLog(issues)
    guards.before(frame, log)
    guards.after(frame, log)
    if (policy.gatherable.size === 0) guards.cross(frame, log)
    return log.byRow?.get(0) ?? []
  }
}
