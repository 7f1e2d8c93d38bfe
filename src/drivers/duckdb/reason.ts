import { SlipwayError } from '../../core/errors.js'
import type { ErrorCode } from '../../core/errors.js'

/** DuckDB's message as one line: without the query it quotes, without its advice, and with the path as the user knows the file. */
export function reasonOf(thrown: unknown, names: ReadonlyMap<string, string> = new Map()): string {
  let message = thrown instanceof Error ? thrown.message : String(thrown)
  message = message.split(/\n\s*(?:LINE \d+:|Please try|Possible solutions|For more|Install it|Alternatively)/)[0]!
  for (const [path, name] of names) message = message.replaceAll(path, name)
  message = message.replaceAll(/\s+/g, ' ').trim()
  return message.length > 500 ? `${message.slice(0, 500)}…` : message
}

/** `thrown` as it is where it is a SlipwayError; else of `code`, with DuckDB's reason after `what`. */
export function failure(code: ErrorCode, what: string, thrown: unknown, names?: ReadonlyMap<string, string>): SlipwayError {
  if (thrown instanceof SlipwayError) return thrown
  return new SlipwayError(code, `${what}: ${reasonOf(thrown, names)}`, { cause: thrown })
}

/** What is thrown when the caller gave the work up. */
export function cancelled(cause?: unknown): SlipwayError {
  return new SlipwayError('CANCELLED', 'the work was given up', { cause })
}
