import { SlipwayError } from '../../../core/errors.js'
import { modelRef } from '../../../serving/model-ref.js'
import type { HttpAnswer } from '../answer.js'
import type { HttpExchange } from '../exchange.js'
import type { RouteParts } from '../route-parts.js'
import type { Route } from '../route.js'
import { NativeAnswers } from './native-answer.js'
import { nativeErrors } from './native-errors.js'
import { isRowList, readOneRow, readRowList } from './predict-rows.js'

/** `POST /models/{model}[@alias|@version]/predict`: rows in, rows out, each with where its answer came from. */
export function nativeRoutes({ plane, limits }: RouteParts): Route[] {
  const answers = new NativeAnswers()

  async function predict(exchange: HttpExchange): Promise<HttpAnswer> {
    const { name, selector } = modelRef(exchange.params['model'] ?? '')
    const { body } = exchange
    const model = plane.model(name, selector)
    if (body.length === 0) throw new SlipwayError('INVALID_REQUEST', 'the request has no body: it is one row, an object, or `{"rows":[…]}`')
    const explain = exchange.hasQuery && wantsGuards(exchange.query)
    const many = isRowList(body)
    const read = many ? readRowList : readOneRow
    const reply = await model.submit((builder) => read(body, limits, builder), exchange.context('native'))
    return many ? answers.many(reply, explain) : answers.one(reply, explain)
  }

  return [{ method: 'POST', pattern: '/models/:model/predict', dialect: nativeErrors, scope: 'predict', handle: predict }]
}

function wantsGuards(query: URLSearchParams): boolean {
  const explain = query.get('explain')
  if (explain === null || explain === 'guards') return explain !== null
  throw new SlipwayError('INVALID_REQUEST', '`explain` is `guards`, or left out')
}
