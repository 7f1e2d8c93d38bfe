import { SlipwayError } from '../core/errors.js'
import type { Answered, RowAnswer } from './prediction.js'
import { jsonOf } from './read-json.js'
import type { WireResponse } from './transport.js'

type Output = Readonly<Record<string, unknown>>
type Shared = 'model' | 'timings'

/** The answer of one row. */
export function readOneAnswer(response: WireResponse): Answered<Output> {
  const answer = jsonOf(response) as Partial<Answered<Output>> | null
  if (answer?.output === undefined) throw notSlipway('`output`')
  return answer as Answered<Output>
}

/** True for the answers of several rows, whatever the status: it is an error's when every row was refused. */
export function isRowAnswers(response: WireResponse): boolean {
  return response.text().startsWith('{"rows":')
}

/** The answers of several rows; what they share is told by each. */
export function readRowAnswers(response: WireResponse): readonly RowAnswer<Output>[] {
  const { rows, model, timings } = jsonOf(response) as Pick<Answered<Output>, Shared> & {
    readonly rows?: readonly Omit<RowAnswer<Output>, Shared>[]
  }
  if (rows === undefined) throw notSlipway('`rows`')
  return rows.map((row) => ({ ...row, model, timings }) as RowAnswer<Output>)
}

function notSlipway(missing: string): SlipwayError {
  return new SlipwayError('INVALID_REQUEST', `the answer is not one of slipway: it has no ${missing}; for other servers there is \`infer\``)
}
