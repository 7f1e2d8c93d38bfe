import { SlipwayError } from '../../../core/errors.js'
import type { ServedModel } from '../../../serving/data-plane.js'
import type { ModelRef } from '../../../serving/model-ref.js'
import { modelRef } from '../../../serving/model-ref.js'
import { requireAnswers } from '../../../serving/reply.js'
import type { HttpAnswer } from '../answer.js'
import { jsonText } from '../answer.js'
import type { HttpExchange } from '../exchange.js'
import { inferWith } from '../oip/infer.js'
import type { RouteParts } from '../route-parts.js'
import { readCsv } from '../rows/csv.js'
import { predictRows } from '../rows/predict-rows.js'
import type { PlainRow } from '../rows/read-instance.js'
import { rowShape } from '../rows/read-instance.js'
import { replyHeaders } from '../rows/reply-headers.js'
import { predictionsText } from '../rows/row-text.js'
import { contentOf } from './content.js'
import { isInferRequest, readInvocation } from './invocation-request.js'

interface Invocation {
  readonly ref: ModelRef
  readonly route: 'mlflow' | 'sagemaker'
  readonly parts: RouteParts
}

/** Answers an invocation by what its body is: MLflow's JSON forms, CSV, or a request of the Open Inference Protocol. */
export async function invoke(exchange: HttpExchange, { ref, route, parts }: Invocation): Promise<HttpAnswer> {
  const { plane, limits, nonFinite } = parts
  const model = plane.model(ref.name, ref.selector)
  const content = contentOf(exchange.header('content-type'))
  if (content.kind === 'infer' || (content.kind === 'json' && isInferRequest({ body: exchange.body, limits }))) {
    return inferWith(exchange, model, { parts, route, headerBytes: content.headerBytes })
  }
  const reply = await predictRows(model, readRows(exchange, model, { isCsv: content.kind === 'csv', parts }), exchange.context(route))
  requireAnswers(reply)
  return jsonText(`{"predictions":${predictionsText(reply, nonFinite)}}`, replyHeaders(reply))
}

function readRows(
  exchange: HttpExchange,
  model: ServedModel,
  { isCsv, parts }: { isCsv: boolean; parts: RouteParts },
): readonly PlainRow[] {
  const shape = rowShape(model.info.signature.input)
  if (isCsv) return readCsv(exchange.body, shape, parts.limits.elements)
  if (exchange.body.length === 0) throw new SlipwayError('INVALID_REQUEST', 'the request has no body')
  return readInvocation(shape, { body: exchange.body, limits: parts.limits })
}

/** The model that an invocation without one in its path is for: SageMaker's header, else the default, else the only one. */
export function invocationModel(exchange: HttpExchange, { plane, options }: RouteParts): ModelRef {
  const target = exchange.header('x-amzn-sagemaker-target-model')
  // The header names an archive in the bucket of the endpoint: `fraud.tar.gz`.
  if (target !== null) return modelRef(target.replace(/^\//, '').replace(/\.tar\.gz$/, ''))
  if (options.defaultModel !== undefined) return modelRef(options.defaultModel)
  const names = plane.names()
  const [only] = names
  if (names.length === 1 && only !== undefined) return modelRef(only)
  if (only === undefined) throw new SlipwayError('NOT_READY', 'no model is served')
  throw new SlipwayError(
    'INVALID_REQUEST',
    `this server answers for ${names.length} models: use /models/{model}/invoke, or name one with the header X-Amzn-SageMaker-Target-Model`,
  )
}
