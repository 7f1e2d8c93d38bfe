import type { Fields } from '../core/field.js'
import type { Frame } from '../core/frame.js'
import { rowOf, valueAt } from '../core/frame-rows.js'
import type { GuardAction } from '../core/issue.js'
import type { FrameCheck } from './check.js'

/** A rule over several fields of a row. */
export interface CrossRule {
  readonly name: string
  /** True when the row is fine, else false or what is wrong. */
  readonly test: (row: never) => unknown
  readonly action: GuardAction
}

/** Most characters of a rule's own words that a message repeats. */
const longest = 200

/** Runs rules over the rows without a finding so far; null when there are none. A rule that throws has failed the row. */
export function crossCheck(
  fields: Fields,
  rules: readonly CrossRule[],
  onThrow: (rule: string, error: unknown) => void = () => {},
): FrameCheck | null {
  if (rules.length === 0) return null
  const readRow = rowReader(fields)
  return (frame, log) => {
    for (let row = 0; row < frame.length; row++) {
      if (log.touches(row)) continue
      const values = readRow(frame, row) as never
      for (const rule of rules) {
        const fault = faultOf(rule, values, onThrow)
        if (fault === null) continue
        log.add({ row, code: 'INPUT_CROSS', field: rule.name, message: `check \`${rule.name}\` failed${fault}`, action: rule.action })
      }
    }
  }
}

/** `rowOf` with the fields looked up once: rules see every row. */
function rowReader(fields: Fields): (frame: Frame, row: number) => Record<string, unknown> {
  if (Object.hasOwn(fields, '__proto__')) return (frame, row) => rowOf(frame, row, fields)
  const entries = Object.entries(fields).map(([name, field]) => ({ name, field }))
  return ({ columns }, row) => {
    const values: Record<string, unknown> = {}
    for (const { name, field } of entries) values[name] = valueAt(columns[name]!, row, field)
    return values
  }
}

/** What is wrong with a row, as the end of a message; null when the rule passes. Anything but true and a text is a plain failure. */
function faultOf({ name, test }: CrossRule, row: never, onThrow: (rule: string, error: unknown) => void): string | null {
  let result: unknown
  try {
    result = test(row)
  } catch (error) {
    onThrow(name, error)
    return ': it threw'
  }
  if (result === true) return null
  if (result instanceof Promise) {
    // What it comes to is of no use, and its failure must not end the process.
    result.catch(() => undefined)
    return ': it is asynchronous; rows are checked at once'
  }
  if (typeof result !== 'string' || result === '') return ''
  return `: ${result.length > longest ? `${result.slice(0, longest)}…` : result}`
}
