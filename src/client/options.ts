import type { FetchLike } from './fetch.js'

/** What `createClient` takes. */
export interface ClientOptions {
  /** Where the server is: `http://127.0.0.1:8080`. A path is kept, for servers behind a prefix. */
  readonly url: string
  /** API key, sent as `Authorization: Bearer <key>`. */
  readonly key?: string
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** The platform's own when left out. */
  readonly fetch?: FetchLike
  /** Time for a call with all its retries; 30 s when left out. */
  readonly timeoutMs?: number
  /** How often a call is tried again after 429, 503 or a lost connection; 2 when left out. Every call may be repeated safely. */
  readonly retries?: number
  /** Compression of bodies in both directions; `none` when left out. */
  readonly compression?: 'none' | 'gzip'
  /** How NaN and infinities are written in JSON: as Triton, TF Serving and slipway read them (when left out), or as MLServer does. */
  readonly nonFinite?: 'literal' | 'null'
}

/** What every call takes. */
export interface CallOptions {
  /** Gives the call up; it rejects with CANCELLED. */
  readonly signal?: AbortSignal
  /** In the place of the client's. */
  readonly timeoutMs?: number
  /** Sent as `X-Request-Id`; slipway's logs have it. */
  readonly requestId?: string
}
