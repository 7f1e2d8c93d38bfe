import { SlipwayError } from '../../../core/errors.js'

export interface Token {
  /** `word` for keywords and plain names; `end` after the last one. */
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'symbol' | 'end'
  /** As it stands in the filter, for messages. */
  readonly source: string
  /** Contents of a quoted name or text; a keyword in lower case; else as `source`. */
  readonly value: string
  /** Position of its first character, from 1. */
  readonly position: number
}

const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  ['number', /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/uy],
  ['word', /[\p{L}_][\p{L}\p{M}\p{N}_$]*/uy],
  ['name', /"(?:[^"]|"")+"/uy],
  ['text', /'(?:[^']|'')*'/uy],
  ['symbol', /<>|!=|<=|>=|[=<>(),]/uy],
]

/** The filter cut into tokens, an `end` last. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = skipSpace(text, 0)
  while (at < text.length) {
    const token = tokenAt(text, at)
    // `1and`, `10.5.3`: neither what it says nor what was meant.
    if (token.kind === 'number' && /[\p{L}\p{N}_.]/u.test(text.charAt(at + token.source.length))) {
      throw filterError(at + 1, 'a space, an operator or the end after the number', quoted(text.slice(at, at + token.source.length + 8)))
    }
    tokens.push(token)
    at = skipSpace(text, at + token.source.length)
  }
  tokens.push({ kind: 'end', source: '', value: '', position: text.length + 1 })
  return tokens
}

/** What is wrong with a filter, where, and what would be right. */
export function filterError(position: number, expected: string, found: string): SlipwayError {
  return new SlipwayError('CONFIG_INVALID', `the row filter: expected ${expected} at character ${position}, found ${found}`)
}

/** A piece of the filter for a message. */
export function quoted(source: string): string {
  return `\`${source.length > 40 ? `${source.slice(0, 40)}…` : source}\``
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const source = pattern.exec(text)?.[0]
    if (source !== undefined) return { kind, source, value: valueOf(kind, source), position: at + 1 }
  }
  if (text[at] === "'") throw filterError(at + 1, "a text that is closed by '", 'its beginning only')
  if (text[at] === '"') throw filterError(at + 1, 'a column name closed by "', 'no whole name')
  throw filterError(at + 1, 'a column, a value or an operator', quoted(String.fromCodePoint(text.codePointAt(at)!)))
}

function valueOf(kind: Token['kind'], source: string): string {
  if (kind === 'name') return source.slice(1, -1).replaceAll('""', '"')
  return kind === 'text' ? source.slice(1, -1).replaceAll("''", "'") : source
}

function skipSpace(text: string, at: number): number {
  while (/\s/.test(text.charAt(at))) at++
  return at
}
