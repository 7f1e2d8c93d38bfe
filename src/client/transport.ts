import { SlipwayError } from '../core/errors.js'
import { startDeadline } from './deadline.js'
import type { Deadline } from './deadline.js'
import type { FetchInit, FetchResponse } from './fetch.js'
import type { CallOptions, ClientOptions } from './options.js'
import { gzip, platformFetch } from './platform.js'
import { responseError } from './response-error.js'
import { isRetryable, retryDelayMs } from './retry.js'

/** A request before it is sent. */
export interface WireRequest {
  readonly method: 'GET' | 'POST'
  /** Below the server's URL, with a leading slash. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Header that tells the server how many milliseconds the client still waits. */
  readonly timeoutHeader?: string
}

/** An answer, read to its end. */
export interface WireResponse {
  readonly status: number
  readonly bytes: Uint8Array<ArrayBuffer>
  header(name: string): string | null
  text(): string
}

/** Sends requests, again where that helps, and reads their answers. */
export interface Transport {
  /** Rejects with the server's error for a status that is not 2xx, and with UNREACHABLE, DEADLINE or CANCELLED when there is no answer. */
  send(request: WireRequest, options?: CallOptions): Promise<WireResponse>
  /** As `send`, but what `accepts` takes is an answer too, whatever its status, and is not tried again. */
  probe(request: WireRequest, accepts: (response: WireResponse) => boolean, options?: CallOptions): Promise<WireResponse>
}

const defaultTimeoutMs = 30_000
const defaultRetries = 2
const decoder = new TextDecoder()

/** A transport over `fetch`. Throws CONFIG_INVALID for a URL that is none. */
export function createTransport(options: ClientOptions): Transport {
  const base = baseUrl(options.url)
  const fetch = options.fetch ?? platformFetch()
  const retries = options.retries ?? defaultRetries

  async function attempt(request: WireRequest, call: CallOptions, deadline: Deadline): Promise<WireResponse | SlipwayError> {
    try {
      const init = await fetchInit(request, options, call, deadline)
      return await readResponse(await fetch(base + request.path, init))
    } catch (thrown) {
      if (thrown instanceof SlipwayError) throw thrown
      return new SlipwayError('UNREACHABLE', `no answer from ${base}: ${reasonOf(thrown)}`, { cause: thrown })
    }
  }

  async function probe(request: WireRequest, accepts: (response: WireResponse) => boolean, call: CallOptions = {}): Promise<WireResponse> {
    const deadline = startDeadline(call.timeoutMs ?? options.timeoutMs ?? defaultTimeoutMs, call.signal)
    try {
      for (let tries = 0; ; tries++) {
        const outcome = await attempt(request, call, deadline)
        if (!(outcome instanceof SlipwayError) && (isSuccess(outcome.status) || accepts(outcome))) return outcome
        const ended = deadline.error()
        if (ended !== null) throw ended
        const failure = outcome instanceof SlipwayError ? outcome : responseError(outcome)
        if (tries >= retries || !(outcome instanceof SlipwayError || isRetryable(outcome.status))) throw failure
        const retryAfter = outcome instanceof SlipwayError ? null : outcome.header('retry-after')
        const delayMs = retryDelayMs(tries, { retryAfter, now: Date.now(), random: Math.random() })
        // A wait past the limit could only end in DEADLINE, which says less than the server did.
        if (delayMs >= deadline.remainingMs()) throw failure
        await deadline.sleep(delayMs)
      }
    } finally {
      deadline.close()
    }
  }

  return { probe, send: (request, call) => probe(request, () => false, call) }
}

async function fetchInit(request: WireRequest, options: ClientOptions, call: CallOptions, deadline: Deadline): Promise<FetchInit> {
  const { signal } = deadline
  const headers: Record<string, string> = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...options.headers,
    ...request.headers,
  }
  if (options.key !== undefined) headers['authorization'] = `Bearer ${options.key}`
  if (call.requestId !== undefined) headers['x-request-id'] = call.requestId
  if (options.compression === 'gzip') headers['accept-encoding'] = 'gzip'
  // A little less than the rest, so that an answer given at the last moment, such as a fallback, still arrives.
  if (request.timeoutHeader !== undefined) headers[request.timeoutHeader] = String(Math.max(1, Math.floor(deadline.remainingMs() * 0.95)))
  if (request.body === undefined) return { method: request.method, headers, signal }
  if (options.compression !== 'gzip') return { method: request.method, headers, body: request.body, signal }
  headers['content-encoding'] = 'gzip'
  const plain = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body
  return { method: request.method, headers, body: await gzip(plain), signal }
}

async function readResponse(response: FetchResponse): Promise<WireResponse> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const { status, headers } = response
  return { status, bytes, header: (name) => headers.get(name), text: () => decoder.decode(bytes) }
}

/** Scheme, host and prefix, without a slash at the end. */
function baseUrl(url: string): string {
  if (!/^https?:\/\/[^/?#]+[^?#]*$/i.test(url)) {
    throw new SlipwayError('CONFIG_INVALID', `expected the URL of a server, such as http://127.0.0.1:8080, received ${JSON.stringify(url)}`)
  }
  return url.replace(/\/+$/, '')
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/** Node's fetch says only "fetch failed" and puts the reason into `cause`. */
function reasonOf(thrown: unknown): string {
  const { message, cause } = (thrown ?? {}) as { message?: unknown; cause?: { code?: unknown; message?: unknown } }
  return String(cause?.code ?? cause?.message ?? message ?? thrown)
}
