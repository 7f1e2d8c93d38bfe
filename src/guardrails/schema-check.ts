import { runSchema } from '../core/field-schema.js'
import { valueAt } from '../core/frame-rows.js'
import type { FrameCheck, Subject } from './check.js'
import { excused } from './check.js'

/** Values that the field's Standard Schema refuses; null when it has none. What the schema would make of a value is not kept. */
export function schemaCheck(subject: Subject): FrameCheck | null {
  const { name, field, codes, action } = subject
  const { schema } = field
  if (schema === null) return null
  return (frame, log) => {
    const column = frame.columns[name]!
    for (let row = 0; row < frame.length; row++) {
      if (excused(column, log, name, row)) continue
      const { issue } = runSchema(schema, valueAt(column, row, field), name)
      if (issue === null) continue
      log.add({ row, code: codes.type, field: name, message: `${codes.side} \`${name}\`: ${issue}`, action })
    }
  }
}
