import { SlipwayError } from '../../../core/errors.js'
import type { DataPlane, ServedModel } from '../../../serving/data-plane.js'
import type { ModelRef } from '../../../serving/model-ref.js'
import { modelRef } from '../../../serving/model-ref.js'
import { requireAnswers } from '../../../serving/reply.js'
import type { HttpAnswer } from '../answer.js'
import { jsonText } from '../answer.js'
import type { HttpExchange } from '../exchange.js'
import type { RouteParts } from '../route-parts.js'
import type { Route } from '../route.js'
import { predictRows } from '../rows/predict-rows.js'
import { rowShape } from '../rows/read-instance.js'
import { replyHeaders } from '../rows/reply-headers.js'
import { recordText, recordsText } from '../rows/row-text.js'
import { readPrediction } from './prediction-request.js'
import { torchserveErrors } from './torchserve-errors.js'

const patterns = ['/predictions/:model', '/predictions/:model/:version'] as const
const explanations = ['/explanations/:model', '/explanations/:model/:version'] as const

/** TorchServe's inference API (pytorch/serve docs/inference_api.md); its management calls are under `models/`, `/ping` under `mlflow/`. */
export function torchserveRoutes(parts: RouteParts): Route[] {
  const common = { dialect: torchserveErrors, scope: 'predict' } as const
  const handle = (exchange: HttpExchange): Promise<HttpAnswer> => predict(exchange, parts)
  return [
    ...patterns.flatMap((pattern): Route[] => [
      { ...common, method: 'POST', pattern, handle },
      { ...common, method: 'PUT', pattern, handle },
    ]),
    ...explanations.map((pattern): Route => ({ ...common, method: 'POST', pattern, handle: explain })),
  ]
}

async function predict(exchange: HttpExchange, { plane, limits, nonFinite }: RouteParts): Promise<HttpAnswer> {
  const ref = modelRef(exchange.params['model'] ?? '', exchange.params['version'] ?? null)
  const model = torchserveModel(plane, ref)
  if (exchange.body.length === 0) throw new SlipwayError('INVALID_REQUEST', 'the request has no body')
  const content = { body: exchange.body, contentType: exchange.header('content-type') }
  const { rows, many } = readPrediction(content, rowShape(model.info.signature.input), limits)
  const reply = await predictRows(model, rows, exchange.context('torchserve'))
  requireAnswers(reply)
  return jsonText(many ? recordsText(reply, nonFinite) : recordText(reply, 0, nonFinite), replyHeaders(reply))
}

function explain(): never {
  throw new SlipwayError('UNSUPPORTED', 'explanations are not offered')
}

/** The served version, or TorchServe's words for why there is none. */
function torchserveModel(plane: DataPlane, { name, selector }: ModelRef): ServedModel {
  try {
    return plane.model(name, selector)
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error
    const version = selector.version ?? selector.alias ?? ''
    if (error.code === 'MODEL_UNKNOWN') throw new SlipwayError(error.code, `Model not found: ${name}`)
    if (error.code === 'VERSION_UNKNOWN' || error.code === 'ALIAS_UNKNOWN') {
      throw new SlipwayError(error.code, `Model version: ${version} does not exist for model name: ${name}`)
    }
    throw error
  }
}
