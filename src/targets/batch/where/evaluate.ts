import type { Columns } from '../../../core/frame.js'
import type { Comparison, Expression, LiteralValue, Operand } from './expression.js'
import { likeMatcher } from './like.js'
import { columnOf, convert, kindOf, kindOfLiteral, modeOf, readerOf } from './values.js'
import type { Mode } from './values.js'

/** Truth of a condition row by row, in the order of Kleene's logic: `and` is the least, `or` the greatest, `not` the distance from true. */
export type Truths = Uint8Array
export const no = 0
export const unknown = 1
export const yes = 2

/** Evaluates a condition over `length` rows. */
export function evaluate(expression: Expression, columns: Columns, length: number): Truths {
  switch (expression.kind) {
    case 'and':
      return fold(expression.terms, columns, length, Math.min)
    case 'or':
      return fold(expression.terms, columns, length, Math.max)
    case 'not':
      return evaluate(expression.term, columns, length).map((truth) => yes - truth)
    case 'compare':
      return compare(expression.left, expression.right, verdicts[expression.comparison], columns, length)
    case 'in':
      return isOneOf(expression.operand, expression.values, columns, length)
    case 'like':
      return isLike(expression.operand, expression.pattern, columns, length)
    case 'null':
      return isNull(expression.operand, columns, length)
  }
}

/** Truth of each comparison when the left is smaller, equal, larger. */
const verdicts: Readonly<Record<Comparison, readonly [number, number, number]>> = {
  '=': [no, yes, no],
  '!=': [yes, no, yes],
  '<': [yes, no, no],
  '<=': [yes, yes, no],
  '>': [no, no, yes],
  '>=': [no, yes, yes],
}

function fold(terms: readonly Expression[], columns: Columns, length: number, join: (a: number, b: number) => number): Truths {
  const joined = evaluate(terms[0]!, columns, length)
  for (const term of terms.slice(1)) {
    const truths = evaluate(term, columns, length)
    for (let row = 0; row < length; row++) joined[row] = join(joined[row]!, truths[row]!)
  }
  return joined
}

function compare(left: Operand, right: Operand, verdict: readonly [number, number, number], columns: Columns, length: number): Truths {
  const truths = new Uint8Array(length).fill(unknown)
  const mode = modeOf(kindOf(left, columns), kindOf(right, columns))
  if (mode === null) return truths
  const [readLeft, readRight] = [readerOf(left, columns, mode), readerOf(right, columns, mode)]
  for (let row = 0; row < length; row++) {
    const a = readLeft(row)
    if (a === null) continue
    const b = readRight(row)
    if (b === null) continue
    // Both are texts or both are numbers; `<` between a number and a bigint is exact.
    truths[row] = verdict[a < b ? 0 : a > b ? 2 : 1]!
  }
  return truths
}

const modes: readonly (Mode | null)[] = ['text', 'number', 'boolean', null]

/** `x in (a, b)` is `x = a or x = b`: unknown where nothing is equal and something is null or cannot be compared. */
function isOneOf(operand: Operand, values: readonly LiteralValue[], columns: Columns, length: number): Truths {
  const truths = new Uint8Array(length)
  const kind = kindOf(operand, columns)
  for (const mode of modes) {
    const group = values.filter((value) => modeOf(kind, kindOfLiteral(value)) === mode)
    if (group.length === 0) continue
    if (mode === null) raise(truths, unknown)
    else findEqual(operand, group, mode, columns, truths)
  }
  return truths
}

function findEqual(operand: Operand, values: readonly LiteralValue[], mode: Mode, columns: Columns, truths: Truths): void {
  const converted = values.map((value) => convert(value, mode))
  if (converted.includes(null)) raise(truths, unknown)
  const known = new Set(converted.map(canonical))
  const read = readerOf(operand, columns, mode)
  for (let row = 0; row < truths.length; row++) {
    const value = read(row)
    const found = value === null ? unknown : known.has(canonical(value)) ? yes : no
    if (found > truths[row]!) truths[row] = found
  }
}

/** Equal numbers as one value, whether they came as numbers or as bigints. */
function canonical<T>(value: T): T | number | bigint {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value
}

function isLike(operand: Operand, pattern: string, columns: Columns, length: number): Truths {
  const truths = new Uint8Array(length).fill(unknown)
  if (kindOf(operand, columns) !== 'text') return truths
  const read = readerOf(operand, columns, 'text')
  const matches = likeMatcher(pattern)
  for (let row = 0; row < length; row++) {
    const text = read(row)
    if (text !== null) truths[row] = matches(text as string) ? yes : no
  }
  return truths
}

function isNull(operand: Operand, columns: Columns, length: number): Truths {
  const truths = new Uint8Array(length)
  if (operand.kind === 'literal') return operand.value === null ? truths.fill(yes) : truths
  const { validity } = columnOf(columns, operand.name)
  return validity === null ? truths : truths.map((_, row) => (validity[row] === 0 ? yes : no))
}

/** Lifts every truth to at least this. */
function raise(truths: Truths, least: number): void {
  for (let row = 0; row < truths.length; row++) if (truths[row]! < least) truths[row] = least
}
