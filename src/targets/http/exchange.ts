import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { SlipwayError } from '../../core/errors.js'
import type { RequestContext } from '../../serving/data-plane.js'
import { traceParentOf } from '../../serving/request-id.js'

/** Names captured from the path, percent-decoded once. */
export type PathParams = Readonly<Record<string, string>>

const noBody = Buffer.alloc(0)

/** What an exchange reads of a request. */
export type RequestLine = Pick<IncomingMessage, 'method' | 'url' | 'headers'>

/** What it reads of a response: whether the client has left before the answer. */
export interface Departure {
  readonly destroyed: boolean
  readonly writableFinished: boolean
  once(event: 'close', listener: () => void): unknown
}

/** One request as the handlers see it, whichever router found its route: method, path, headers, whole body. */
export class HttpExchange {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly params: PathParams
  readonly requestId: string
  /** Whole and decompressed, put here before the handler runs; empty where there was none. */
  body: Buffer = noBody
  /** Bytes that this request holds of the server's budget. */
  heldBytes = 0
  readonly #url: string
  readonly #response: Departure

  constructor(request: RequestLine, response: Departure, parts: { params: PathParams; requestId: string }) {
    this.method = request.method ?? 'GET'
    this.headers = request.headers
    this.params = parts.params
    this.requestId = parts.requestId
    this.#url = request.url ?? '/'
    this.#response = response
  }

  /** Takes the body in, as `bytes` more of the budget. */
  hold(body: Buffer, bytes: number): void {
    this.body = body
    this.heldBytes += bytes
  }

  /** As sent, without the query. */
  get path(): string {
    return pathOf(this.#url)
  }

  get query(): URLSearchParams {
    const mark = this.#url.indexOf('?')
    return new URLSearchParams(mark < 0 ? '' : this.#url.slice(mark + 1))
  }

  /** True when there is a query at all; cheaper than reading it. */
  get hasQuery(): boolean {
    return this.#url.includes('?')
  }

  /** The header's only or first value, by lower-case name. */
  header(name: string): string | null {
    const value = this.headers[name]
    return typeof value === 'string' ? value : (value?.[0] ?? null)
  }

  /** The caller's `traceparent`, when well formed. */
  get traceParent(): string | null {
    return traceParentOf(this.headers['traceparent'])
  }

  /**
   * What the data plane is told about this request. `timeoutMs` is what its protocol has of a time limit; that of the header holds as well.
   * INVALID_REQUEST for a header that is none.
   */
  context(route: string, timeoutMs: number | null = null): RequestContext {
    const own = headerTimeout(this.headers)
    const least = timeoutMs === null || own === null ? (timeoutMs ?? own) : Math.min(timeoutMs, own)
    return new ExchangeContext(this.#response, route, { requestId: this.requestId, timeoutMs: least })
  }
}

/** `slipway-timeout-ms`: how long the client waits; the model's own deadline holds as well. */
function headerTimeout(headers: IncomingHttpHeaders): number | null {
  const text = headers['slipway-timeout-ms']
  if (text === undefined) return null
  const timeoutMs = Number(text)
  if (typeof text === 'string' && timeoutMs > 0 && timeoutMs < Infinity) return timeoutMs
  throw new SlipwayError('INVALID_REQUEST', 'the header slipway-timeout-ms is a number of milliseconds above 0')
}

/** The path of a request target, as sent, without the query. */
export function pathOf(url: string): string {
  const mark = url.indexOf('?')
  return mark < 0 ? url : url.slice(0, mark)
}

/** Makes its abort signal only when somebody asks for it: most requests are answered within one turn. */
class ExchangeContext implements RequestContext {
  readonly route: string
  readonly requestId: string
  readonly timeoutMs?: number
  readonly #response: Departure
  #signal: AbortSignal | null = null

  constructor(response: Departure, route: string, about: { requestId: string; timeoutMs: number | null }) {
    this.route = route
    this.requestId = about.requestId
    if (about.timeoutMs !== null) this.timeoutMs = about.timeoutMs
    this.#response = response
  }

  get signal(): AbortSignal {
    this.#signal ??= abortOnClose(this.#response)
    return this.#signal
  }
}

function abortOnClose(response: Departure): AbortSignal {
  const controller = new AbortController()
  if (response.destroyed) controller.abort()
  else response.once('close', () => response.writableFinished || controller.abort())
  return controller.signal
}
