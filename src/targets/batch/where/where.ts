import type { Columns } from '../../../core/frame.js'
import { evaluate, yes } from './evaluate.js'
import type { Expression, Operand } from './expression.js'
import { parseExpression } from './parse.js'

/** A filter of rows, ready to be applied to chunks. */
export interface Where {
  /** The columns that it asks for, each once. */
  readonly columns: readonly string[]
  /** The rows that match, ascending; null when all do. Rejects with SOURCE_SCHEMA where a column of it is absent. */
  rows(columns: Columns, length: number): Uint32Array | null
}

/**
 * Reads a filter as SQL would: `country = 'DE' and (amount > 10.5 or note is not null) and code in ('a', 'b') and not flag`.
 *
 * - Operators: `= != <> < <= > >=`, `[not] in (…)`, `[not] like '…'` (`%` any text, `_` any one character, `\` before one of these takes it as it is),
 *   `is [not] null`, `not`, `and`, `or`, parentheses. Names are plain or in double quotes, texts in single quotes, a quote inside is doubled. Case
 *   counts in names and texts, not in keywords.
 * - Logic has three values: a comparison with null is unknown, and so is its `not`; a row matches where the whole is true.
 * - Two texts are compared by their UTF-16 code units. With a boolean, both are taken as booleans: `true` and `1`, `false` and `0`, in any case. Otherwise
 *   both are taken as numbers: a text that is a decimal number is that, an ISO 8601 time is its epoch milliseconds. So `amount > 10` holds for the
 *   text `12` of a CSV file, and `day >= '2024-05-01'` for a timestamp. What cannot be taken so is unknown, as are NaN, tensors and lists.
 * - Numbers are compared as float64, whole numbers exactly. A column alone is true where it is, as a boolean, true.
 *
 * CONFIG_INVALID with the position and what was expected there; also past 10,000 characters or 100 levels of parentheses.
 */
export function parseWhere(text: string): Where {
  const expression = parseExpression(text)
  const columns = [...new Set(columnsOf(expression))]
  return {
    columns,
    rows(frame, length) {
      const truths = evaluate(expression, frame, length)
      const matching = new Uint32Array(length)
      let count = 0
      for (let row = 0; row < length; row++) if (truths[row] === yes) matching[count++] = row
      return count === length ? null : matching.slice(0, count)
    },
  }
}

function columnsOf(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.terms.flatMap(columnsOf)
    case 'not':
      return columnsOf(expression.term)
    case 'compare':
      return [...namesIn(expression.left), ...namesIn(expression.right)]
    case 'in':
    case 'like':
    case 'null':
      return namesIn(expression.operand)
  }
}

function namesIn(operand: Operand): readonly string[] {
  return operand.kind === 'column' ? [operand.name] : []
}
