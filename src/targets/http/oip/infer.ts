import { SlipwayError } from '../../../core/errors.js'
import type { ServedModel } from '../../../serving/data-plane.js'
import { submitTensors } from '../../../serving/submit-tensors.js'
import type { HttpAnswer } from '../answer.js'
import { jsonText } from '../answer.js'
import type { HttpExchange } from '../exchange.js'
import type { RouteParts } from '../route-parts.js'
import { requireAnswers } from '../../../serving/reply.js'
import { replyHeaders } from '../rows/reply-headers.js'
import type { InferAnswer } from './infer-answer.js'
import { checkOutputs, inferAnswer } from './infer-answer.js'
import type { InferRequest } from './infer-request.js'
import { readInferRequest } from './infer-request.js'
import { integerParameter } from './parameters.js'
import { readRawRequest } from './raw-request.js'

interface InferOptions {
  readonly parts: RouteParts
  readonly route: string
  /** Bytes of JSON in front of raw tensors, where not the header but the content type says so; null elsewhere. */
  readonly headerBytes: number | null
}

const lengthHeader = 'inference-header-content-length'

/** Answers an inference request: JSON, JSON with raw tensors behind it, or the raw bytes of the only input. */
export async function inferWith(
  exchange: HttpExchange,
  model: ServedModel,
  { parts, route, headerBytes }: InferOptions,
): Promise<HttpAnswer> {
  const { signature } = model.info
  const jsonBytes = headerBytes ?? declaredBytes(exchange)
  const isRaw = jsonBytes === 0
  const request = isRaw ? readRawRequest(exchange.body, signature.input) : readRequest(exchange, jsonBytes, parts)
  checkOutputs(request, signature.output, model.info.name)
  const reply = await submitTensors(model, request.inputs, exchange.context(route, timeoutOf(request)))
  requireAnswers(reply)
  const style = { outputs: signature.output, nonFinite: parts.nonFinite, allBinary: isRaw }
  const { json, sections } = inferAnswer(reply, request, style)
  const headers = replyHeaders(reply)
  return sections.length === 0 ? jsonText(json, headers) : binaryAnswer({ json, sections }, headers, headerBytes !== null)
}

function readRequest(exchange: HttpExchange, jsonBytes: number | null, { limits }: RouteParts): InferRequest {
  const { body } = exchange
  if (body.length === 0) throw new SlipwayError('INVALID_REQUEST', 'the inference request has no body')
  if (jsonBytes !== null && jsonBytes > body.length) {
    throw new SlipwayError('INVALID_BINARY', `the JSON is declared to have ${jsonBytes} bytes, the body has ${body.length}`)
  }
  return readInferRequest(body, jsonBytes ?? body.length, limits)
}

function declaredBytes(exchange: HttpExchange): number | null {
  const text = exchange.header(lengthHeader)
  if (text === null) return null
  if (!/^\d{1,10}$/.test(text)) throw new SlipwayError('INVALID_BINARY', 'Inference-Header-Content-Length is not a number of bytes')
  return Number(text)
}

/** Triton's `timeout`, in microseconds; 0 is none. */
function timeoutOf({ parameters }: InferRequest): number | null {
  const microseconds = integerParameter(parameters, 'timeout') ?? 0
  return microseconds === 0 ? null : microseconds / 1000
}

function binaryAnswer({ json, sections }: InferAnswer, headers: Record<string, string>, inContentType: boolean): HttpAnswer {
  const head = Buffer.from(json)
  const body = Buffer.concat([head, ...sections])
  if (inContentType) {
    return { status: 200, contentType: `application/vnd.sagemaker-triton.binary+json;json-header-size=${head.length}`, body, headers }
  }
  return { status: 200, contentType: 'application/octet-stream', body, headers: { ...headers, [lengthHeader]: String(head.length) } }
}
