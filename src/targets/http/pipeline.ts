import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Authorizer } from '../../access/authorizer.js'
import { bearerToken } from '../../access/bearer.js'
import { isLoopbackCaller } from '../../access/loopback.js'
import { SlipwayError } from '../../core/errors.js'
import type { Clock, Logger } from '../../core/ports.js'
import { logFailure } from '../../serving/log-failure.js'
import type { RequestIds } from '../../serving/request-id.js'
import type { HttpAnswer } from './answer.js'
import type { BodyBudget } from './body.js'
import { ClientGone, createBodyBudget, hasBody, readBody } from './body.js'
import { decompress } from './encodings.js'
import { HttpExchange } from './exchange.js'
import type { PathParams } from './exchange.js'
import { refusal } from './failure.js'
import type { HttpLimits } from './limits.js'
import type { HttpObserver } from './options.js'
import type { Route } from './route.js'
import { writeAnswer } from './write-answer.js'

export interface PipelineParts {
  readonly limits: HttpLimits
  readonly logger: Logger
  readonly clock: Clock
  readonly requestIds: RequestIds
  readonly authorizer: Authorizer | null
  readonly observer: HttpObserver | null
  readonly isDraining: () => boolean
}

/** Hands an answer to the connection; `close` when it is the connection's last. */
export type AnswerWriter = (answer: HttpAnswer, close: boolean) => Promise<void> | void | undefined

interface Run {
  readonly produce: () => HttpAnswer | Promise<HttpAnswer>
  readonly write: AnswerWriter
}

/** What every request goes through, whichever router found its route: id, bounds, permission, body, handler, answer, log. */
export class Pipeline {
  readonly #parts: PipelineParts
  readonly #budget: BodyBudget
  #underway = 0
  /** Requests that were under way when draining began; null before that. */
  #toFinish: number | null = null
  #finished: (() => void) | null = null

  constructor(parts: PipelineParts) {
    this.#parts = parts
    this.#budget = createBodyBudget(parts.limits.bufferedBytes)
  }

  /** The id of a request with these headers. */
  requestId(headers: IncomingHttpHeaders): string {
    return this.#parts.requestIds(headers['x-request-id'])
  }

  /** Answers the request; settles when the answer is handed to the socket, never rejects. */
  serve(route: Route, params: PathParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new HttpExchange(request, response, { params, requestId: this.requestId(request.headers) })
    const write: AnswerWriter = (answer, close) =>
      writeAnswer(response, answer, { headers: exchange.headers, requestId: exchange.requestId, close })
    return this.#run(route, exchange, { produce: () => this.#answer(route, exchange, request), write })
  }

  /** Like `serve`, for a request to predict whose whole, uncompressed body is here already. */
  serveWhole(route: Route, exchange: HttpExchange, body: Buffer, write: AnswerWriter): Promise<void> {
    const produce = (): HttpAnswer | Promise<HttpAnswer> => {
      this.#admit(route, exchange, undefined)
      this.#budget.take(body.length)
      exchange.hold(body, body.length)
      return route.handle(exchange)
    }
    return this.#run(route, exchange, { produce, write })
  }

  /** From now on answers close their connections. Resolves when what was under way has been answered; requests that come later do not count. */
  drained(): Promise<void> {
    this.#toFinish ??= this.#underway
    if (this.#toFinish === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#finished = resolve))
  }

  #finish(): void {
    if (this.#toFinish === null) return
    this.#toFinish--
    if (this.#toFinish === 0) this.#finished?.()
  }

  async #run(route: Route, exchange: HttpExchange, { produce, write }: Run): Promise<void> {
    const started = this.#parts.clock.monotonic()
    let code: string | null = null
    let answer: HttpAnswer
    this.#underway++
    const early = this.#toFinish === null
    try {
      answer = await produce()
    } catch (error) {
      if (error instanceof ClientGone) return
      const refused = refusal(error, route.dialect, exchange)
      logFailure(this.#parts.logger, refused.error, { call: exchange, route: route.pattern })
      answer = refused.answer
      code = refused.error.code
    } finally {
      this.#underway--
      if (early) this.#finish()
      this.#budget.give(exchange.heldBytes)
    }
    await write(answer, code === 'PAYLOAD_TOO_LARGE' || this.#parts.isDraining())
    this.#parts.observer?.answered({
      route: route.pattern,
      method: exchange.method,
      status: answer.status,
      code,
      requestId: exchange.requestId,
      durationMs: this.#parts.clock.monotonic() - started,
      requestBytes: exchange.body.length,
    })
  }

  #answer(route: Route, exchange: HttpExchange, request: IncomingMessage): HttpAnswer | Promise<HttpAnswer> {
    this.#admit(route, exchange, request.socket)
    if (!hasBody(request) || exchange.method === 'GET' || exchange.method === 'HEAD') return route.handle(exchange)
    return this.#readThenHandle(route, exchange, request)
  }

  /** Throws when there is no room, or no right. */
  #admit(route: Route, exchange: HttpExchange, socket: Socket | undefined): void {
    if (this.#underway > this.#parts.limits.requests) throw new SlipwayError('QUEUE_FULL', 'the server has too many requests under way')
    if (route.scope !== 'open' && this.#parts.authorizer !== null) this.#authorize(this.#parts.authorizer, route, exchange, socket)
  }

  async #readThenHandle(route: Route, exchange: HttpExchange, request: IncomingMessage): Promise<HttpAnswer> {
    const { bodyBytes, decompressedBytes } = this.#parts.limits
    const sent = await readBody(request, bodyBytes, this.#budget)
    exchange.hold(sent, sent.length)
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined) {
      const body = await decompress(sent, encoding, decompressedBytes)
      if (body !== sent) this.#budget.take(body.length)
      exchange.hold(body, body === sent ? 0 : body.length)
    }
    return route.handle(exchange)
  }

  #authorize(authorizer: Authorizer, route: Route, exchange: HttpExchange, socket: Socket | undefined): void {
    const { scope } = route
    if (scope === 'open') return
    const everyday = scope === 'predict' || scope === 'read'
    authorizer.authorize({
      token: bearerToken(exchange.headers.authorization),
      scope,
      model: route.modelName === undefined ? modelParam(exchange.params) : route.modelName(exchange),
      // Being local changes nothing for these two scopes, and finding out costs more than the rest of this function.
      loopback: !everyday && isLoopbackCaller({ address: socket?.remoteAddress, headers: exchange.headers }),
    })
  }
}

function modelParam(params: PathParams): string | null {
  const reference = params['model']
  if (reference === undefined) return null
  const at = reference.indexOf('@')
  return at < 0 ? reference : reference.slice(0, at)
}
