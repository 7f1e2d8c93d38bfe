import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { HttpAnswer } from './answer.js'
import type { Coding } from './encodings.js'
import { acceptedCoding, compress } from './encodings.js'
import { traceParentOf } from '../../serving/request-id.js'

export interface AnswerContext {
  /** Of the request. */
  readonly headers: IncomingHttpHeaders
  readonly requestId: string
  /** The connection ends with this answer. */
  readonly close: boolean
}

/** Writes an answer with one `writeHead` and one `end`. */
export function writeAnswer(response: ServerResponse, answer: HttpAnswer, context: AnswerContext): Promise<void> | undefined {
  const coding = acceptedCoding(context.headers['accept-encoding'])
  if (coding !== null && answer.body.length > 0) return writeCompressed(response, answer, { ...context, coding })
  write(response, answer, context)
  return undefined
}

async function writeCompressed(response: ServerResponse, answer: HttpAnswer, context: AnswerContext & { coding: Coding }): Promise<void> {
  const body = await compress(answer.body, context.coding)
  const headers = { ...answer.headers, 'content-encoding': context.coding, vary: 'accept-encoding' }
  write(response, { ...answer, body, headers }, context)
}

function write(response: ServerResponse, answer: HttpAnswer, context: AnswerContext): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(answer.status, answerHeaders(answer, context))
  response.end(answer.body)
}

/** The headers of an answer, the server's own among them. */
export function answerHeaders(answer: HttpAnswer, context: AnswerContext): Record<string, string | number> {
  const { body } = answer
  const headers: Record<string, string | number> = { ...answer.headers }
  if (answer.contentType !== null) headers['content-type'] = answer.contentType
  if (answer.status !== 304) headers['content-length'] = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  headers['x-request-id'] = context.requestId
  if (context.headers['traceparent'] !== undefined) {
    const trace = traceParentOf(context.headers['traceparent'])
    if (trace !== null) headers['traceparent'] = trace
  }
  if (context.close) headers['connection'] = 'close'
  return headers
}
