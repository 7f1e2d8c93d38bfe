import type { FrameCheck, Subject } from './check.js'
import { note } from './check.js'
import { describeField } from './describe-field.js'

/** Rows that lack a required field; null when every field is optional. */
export function presenceCheck(subjects: readonly Subject[]): FrameCheck | null {
  const required = subjects.filter((subject) => !subject.field.optional)
  if (required.length === 0) return null
  return (frame, log) => {
    for (const subject of required) {
      const validity = frame.columns[subject.name]!.validity
      if (validity === null) continue
      for (let row = 0; row < frame.length; row++) {
        if (validity[row] !== 0 || log.knows(row, subject.name)) continue
        note(log, subject, row, { code: subject.codes.missing, expected: describeField(subject.field), received: 'nothing' })
      }
    }
  }
}
