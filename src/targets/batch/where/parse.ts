import type { SlipwayError } from '../../../core/errors.js'
import type { Comparison, Expression, LiteralValue, Operand } from './expression.js'
import type { Token } from './tokens.js'
import { filterError, quoted, tokenize } from './tokens.js'

/** Parentheses and `not` inside one another. */
const maxDepth = 100
const maxLength = 10_000

const comparisons: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}
const keywords: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'is', 'null', 'like', 'true', 'false'])
const constants: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }

/** A filter as a tree; CONFIG_INVALID with the place and what would be right there. */
export function parseExpression(text: string): Expression {
  if (text.length > maxLength) throw filterError(maxLength + 1, `at most ${maxLength} characters`, `${text.length} characters`)
  const parser = new Parser(tokenize(text))
  const expression = parser.condition(0)
  parser.end()
  return expression
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  condition(depth: number): Expression {
    return this.#chain('or', () => this.#chain('and', () => this.#negation(depth)))
  }

  end(): void {
    if (this.#token.kind !== 'end') throw this.#wrong('`and`, `or` or the end')
  }

  #chain(kind: 'and' | 'or', parse: () => Expression): Expression {
    const terms = [parse()]
    while (this.#skipWord(kind)) terms.push(parse())
    return terms.length === 1 ? terms[0]! : { kind, terms }
  }

  #negation(depth: number): Expression {
    if (depth > maxDepth) throw this.#wrong(`at most ${maxDepth} parentheses and \`not\` inside one another`)
    if (this.#skipWord('not')) return { kind: 'not', term: this.#negation(depth + 1) }
    if (!this.#skipSymbol('(')) return this.#predicate()
    const inner = this.condition(depth + 1)
    if (!this.#skipSymbol(')')) throw this.#wrong('`and`, `or` or `)`')
    return inner
  }

  #predicate(): Expression {
    const operand = this.#operand('a column or a value')
    const comparison = this.#token.kind === 'symbol' ? comparisons[this.#token.value] : undefined
    if (comparison !== undefined) {
      this.#at++
      return { kind: 'compare', comparison, left: operand, right: this.#operand('a value or a column') }
    }
    if (this.#skipWord('is')) return this.#nullTest(operand)
    if (!this.#isWord('not')) return this.#membership(operand) ?? this.#truth(operand)
    this.#at++
    const term = this.#membership(operand)
    if (term === null) throw this.#wrong('`in` or `like`')
    return { kind: 'not', term }
  }

  #nullTest(operand: Operand): Expression {
    const not = this.#skipWord('not')
    if (!this.#skipWord('null')) throw this.#wrong(not ? '`null`' : '`null` or `not null`')
    return not ? { kind: 'not', term: { kind: 'null', operand } } : { kind: 'null', operand }
  }

  #membership(operand: Operand): Expression | null {
    if (this.#skipWord('like')) {
      const { kind, value } = this.#token
      if (kind !== 'text') throw this.#wrong("a pattern in single quotes, such as 'A%'")
      this.#at++
      return { kind: 'like', operand, pattern: value }
    }
    return this.#skipWord('in') ? { kind: 'in', operand, values: this.#list() } : null
  }

  #list(): LiteralValue[] {
    if (!this.#skipSymbol('(')) throw this.#wrong('`(` and a list of values')
    const values: LiteralValue[] = []
    do values.push(this.#literal('a value'))
    while (this.#skipSymbol(','))
    if (!this.#skipSymbol(')')) throw this.#wrong('`,` or `)`')
    return values
  }

  /** A column or value that stands for itself: true where it is. */
  #truth(left: Operand): Expression {
    if (left.kind === 'literal' && typeof left.value !== 'boolean' && left.value !== null) throw this.#wrong('an operator')
    return { kind: 'compare', comparison: '=', left, right: { kind: 'literal', value: true } }
  }

  #operand(expected: string): Operand {
    const { kind, value } = this.#token
    if (kind !== 'name' && (kind !== 'word' || keywords.has(value.toLowerCase())))
      return { kind: 'literal', value: this.#literal(expected) }
    this.#at++
    return { kind: 'column', name: value }
  }

  #literal(expected: string): LiteralValue {
    const { kind, value } = this.#token
    const constant = kind === 'word' ? constants[value.toLowerCase()] : undefined
    if (kind !== 'text' && kind !== 'number' && constant === undefined) throw this.#wrong(expected)
    this.#at++
    if (kind === 'text') return value
    return kind === 'number' ? numberOf(value) : constant!
  }

  get #token(): Token {
    return this.#tokens[this.#at]!
  }

  #isWord(word: string): boolean {
    return this.#token.kind === 'word' && this.#token.value.toLowerCase() === word
  }

  #skipWord(word: string): boolean {
    if (!this.#isWord(word)) return false
    this.#at++
    return true
  }

  #skipSymbol(symbol: string): boolean {
    if (this.#token.kind !== 'symbol' || this.#token.value !== symbol) return false
    this.#at++
    return true
  }

  #wrong(expected: string): SlipwayError {
    const { kind, source, position } = this.#token
    return filterError(position, expected, kind === 'end' ? 'the end' : quoted(source))
  }
}

/** Whole numbers that a float64 cannot tell from their neighbours stay exact. */
function numberOf(source: string): number | bigint {
  const value = Number(source)
  return /^[+-]?\d+$/.test(source) && !Number.isSafeInteger(value) ? BigInt(source.replace('+', '')) : value
}
