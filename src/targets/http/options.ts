import type { Authorizer } from '../../access/authorizer.js'
import type { Clock, Logger } from '../../core/ports.js'
import type { DataPlane } from '../../serving/data-plane.js'
import type { StoredPlane } from '../../serving/stored-plane.js'
import type { HttpLimits } from './limits.js'
import type { StaticPages } from './pages/static-pages.js'

/** One answered request, for metrics and access logs; no payload, no query. */
export interface AnsweredRequest {
  /** The route's pattern, not the path: few values. */
  readonly route: string
  readonly method: string
  readonly status: number
  /** Code of the error table; null for a success. */
  readonly code: string | null
  readonly requestId: string
  readonly durationMs: number
  readonly requestBytes: number
}

export interface HttpObserver {
  answered(request: AnsweredRequest): void
}

/** The exposition of the metrics registry. */
interface MetricsPage {
  readonly contentType: string
  readonly text: string
}

export interface HttpServerOptions {
  readonly plane: DataPlane
  /** Answers `/models/{model}/stored`; the routes are absent when left out. */
  readonly stored?: StoredPlane
  readonly logger: Logger
  readonly clock: Clock
  /** Name and version in server metadata; clients of Triton's examples expect the name `triton`. */
  readonly server: { readonly name: string; readonly version: string }
  /** Every call is open when left out. */
  readonly authorizer?: Authorizer
  /** Answers `/metrics`; the route is absent when left out. */
  readonly metrics?: () => Promise<MetricsPage>
  /** Dashboard and playground; a plain page stands in when left out. See `loadStaticPages`. */
  readonly pages?: StaticPages
  /** Told of every answer. */
  readonly observer?: HttpObserver
  readonly limits?: Partial<HttpLimits>
  /**
   * NaN and infinities in the JSON of the public protocols: `null`, as strict JSON and MLServer have it (when left out), or the literals that
   * Triton and TF Serving write.
   */
  readonly nonFinite?: 'literal' | 'null'
  /** Answers `/invocations` when a request names no model; the only model served when left out. */
  readonly defaultModel?: string
}

/** The listening server. */
export interface HttpServer {
  /** Rejects with ADDRESS_IN_USE. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  /** Readiness turns 503 and answers close their connections; requests are still answered. */
  beginDrain(): void
  /** Drains, stops listening, and waits for the requests under way; after `graceMs` their connections are cut. */
  close(graceMs: number): Promise<void>
}
