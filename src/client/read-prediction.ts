import { SlipwayError } from '../core/errors.js'
import type { Answered, RowAnswer } from './prediction.js'
import { jsonOf } from './read-json.js'
import type { WireResponse } from './transport.js'

type Output = Readonly<Record<string, unknown>>

/** The answer of one row. Throws its error when it was refused. */
export function readOneAnswer(response: WireResponse): Answered<Output> {
  const answer = jsonOf(response) as RowAnswer<Output>
  if (answer.error !== undefined) throw new SlipwayError(answer.error.code, answer.error.message)
  return answer
}

/** The answers of several rows. */
export function readRowAnswers(response: WireResponse): readonly RowAnswer<Output>[] {
  const { rows } = jsonOf(response) as { readonly rows?: readonly RowAnswer<Output>[] }
  if (rows === undefined) throw new SlipwayError('INVALID_REQUEST', 'the answer is not one of slipway: it has no `rows`')
  return rows
}
