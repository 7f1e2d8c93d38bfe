import { SlipwayError } from '../../../core/errors.js'
import { json, jsonText } from '../answer.js'
import type { HttpAnswer } from '../answer.js'
import type { HttpExchange } from '../exchange.js'
import { MethodNotAllowed } from '../failure.js'
import { jsonReader } from '../json-body.js'
import type { RouteParts } from '../route-parts.js'
import type { Route } from '../route.js'
import { requireAnswers } from '../../../serving/reply.js'
import { predictRows } from '../rows/predict-rows.js'
import { rowShape } from '../rows/read-instance.js'
import { replyHeaders } from '../rows/reply-headers.js'
import { classifyAnswer, regressAnswer } from './classify-answer.js'
import { readExamples } from './examples-request.js'
import { servingMetadata } from './metadata.js'
import { predictAnswer } from './predict-answer.js'
import { readPredictRequest } from './predict-request.js'
import { modelStatus } from './status.js'
import { referenceOf, targetOf, verbOf } from './target.js'
import { tfservingErrors, tfservingModel } from './tfserving-errors.js'

const targets = ['/v1/models/:target', '/v1/models/:model/versions/:target', '/v1/models/:model/labels/:target'] as const
const metadata = [
  '/v1/models/:model/metadata',
  '/v1/models/:model/versions/:version/metadata',
  '/v1/models/:model/labels/:label/metadata',
] as const

/** TF Serving's REST API (tensorflow_serving/g3doc/api_rest.md); KServe v1 shares its paths. */
export function tfservingRoutes(parts: RouteParts): Route[] {
  const common = { dialect: tfservingErrors, modelName: ({ params }: HttpExchange) => referenceOf(params).name }
  return [
    ...targets.map((pattern): Route => ({
      ...common,
      method: 'POST',
      pattern,
      scope: 'predict',
      handle: (exchange) => call(exchange, parts),
    })),
    ...targets.map((pattern): Route => ({
      ...common,
      method: 'GET',
      pattern,
      scope: 'read',
      handle: (exchange) => status(exchange, parts),
    })),
    ...metadata.map((pattern): Route => ({
      ...common,
      method: 'GET',
      pattern,
      scope: 'read',
      handle: (exchange) => describe(exchange, parts),
    })),
  ]
}

async function call(exchange: HttpExchange, { plane, limits, nonFinite }: RouteParts): Promise<HttpAnswer> {
  const verb = verbOf(exchange.params, exchange)
  if (verb === 'explain') throw new SlipwayError('UNSUPPORTED', 'explanations are not offered')
  const model = tfservingModel(plane, referenceOf(exchange.params))
  const shape = rowShape(model.info.signature.input)
  const reader = jsonReader(exchange, limits)
  const request = verb === 'predict' ? readPredictRequest(reader, shape) : { form: 'row' as const, rows: readExamples(reader, shape) }
  const reply = await predictRows(model, request.rows, exchange.context('tfserving'))
  requireAnswers(reply)
  const style = { form: request.form, nonFinite }
  const body =
    verb === 'predict' ? predictAnswer(reply, style) : verb === 'classify' ? classifyAnswer(reply, model) : regressAnswer(reply, model)
  return jsonText(body, replyHeaders(reply))
}

async function status(exchange: HttpExchange, parts: RouteParts): Promise<HttpAnswer> {
  if (targetOf(exchange.params['target'] ?? '').verb !== null) throw new MethodNotAllowed(exchange.method, 'POST')
  return modelStatus(parts, referenceOf(exchange.params))
}

function describe(exchange: HttpExchange, { plane }: RouteParts): HttpAnswer {
  return json(servingMetadata(tfservingModel(plane, referenceOf(exchange.params))))
}
