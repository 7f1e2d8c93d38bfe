import type { CategoryField, TextField } from '../core/field.js'
import type { FrameCheck, Subject } from './check.js'
import { excused, note } from './check.js'
import { showChoices, showRange, showValue } from './show-value.js'

/** Membership of a `category`. */
export function categoryCheck(subject: Subject<CategoryField>): FrameCheck {
  const { name, codes, field } = subject
  const known = new Set<string>(field.categories)
  const expected = showChoices(field.categories)
  return (frame, log) => {
    const column = frame.columns[name]!
    const data = column.data as string[]
    for (let row = 0; row < frame.length; row++) {
      const value = data[row]!
      if (known.has(value) || excused(column, log, name, row)) continue
      note(log, subject, row, { code: codes.category, expected, received: showValue(value) })
    }
  }
}

/** Length, then pattern, of a `text`; null when every text passes. */
export function textCheck(subject: Subject<TextField>): FrameCheck | null {
  const { name, codes, field } = subject
  const { minLength = 0, maxLength = Infinity } = field
  const pattern = stateless(field.pattern)
  if (minLength === 0 && maxLength === Infinity && pattern === null) return null
  const length = `a text with a length${showRange(field.minLength, field.maxLength, 'characters')}`
  return (frame, log) => {
    const column = frame.columns[name]!
    const data = column.data as string[]
    for (let row = 0; row < frame.length; row++) {
      const value = data[row]!
      const fits = value.length >= minLength && value.length <= maxLength
      if ((fits && (pattern === null || pattern.test(value))) || excused(column, log, name, row)) continue
      if (fits) note(log, subject, row, { code: codes.pattern, expected: `a text like ${String(pattern)}`, received: showValue(value) })
      else note(log, subject, row, { code: codes.length, expected: length, received: `${value.length} characters` })
    }
  }
}

/** The pattern without the flags that make `test` remember where it stopped. */
function stateless(pattern: RegExp | undefined): RegExp | null {
  return pattern === undefined ? null : new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ''))
}
