import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js'
import type { Authorizer, Principal } from '../../access/authorizer.js'
import { bearerToken } from '../../access/bearer.js'
import { isLoopbackCaller } from '../../access/loopback.js'
import type { Scope } from '../../access/scope.js'
import type { Clock } from '../../core/ports.js'
import type { RequestContext } from '../../serving/data-plane.js'
import { traceParentOf } from '../../serving/request-id.js'
import type { RequestIds } from '../../serving/request-id.js'

/** What unary calls and streams have in common. */
export type ServerCall = Omit<ServerUnaryCall<unknown, unknown>, 'request'>

export interface GrpcCallParts {
  readonly authorizer: Authorizer | null
  readonly clock: Clock
  readonly requestIds: RequestIds
}

/** One call as the handlers see it. */
export class GrpcCall {
  readonly #call: ServerCall
  readonly #authorizer: Authorizer | null
  readonly #clock: Clock
  #signal: AbortSignal | null = null
  /** The client's `x-request-id` when it is short and plain (it goes into logs), else a new one. */
  readonly requestId: string

  constructor(call: ServerCall, parts: GrpcCallParts) {
    this.#call = call
    this.#authorizer = parts.authorizer
    this.#clock = parts.clock
    this.requestId = parts.requestIds(this.header('x-request-id'))
  }

  /** First value of a metadata key. */
  header(name: string): string | null {
    return headerOf(this.#call.metadata, name)
  }

  /** The caller's `traceparent` (W3C Trace Context) when well formed. */
  get traceParent(): string | null {
    return traceParentOf(this.header('traceparent'))
  }

  /** Throws UNAUTHENTICATED or FORBIDDEN; null when there is no authorizer. */
  authorize(scope: Scope, model: string | null): Principal | null {
    if (this.#authorizer === null) return null
    const token = bearerToken(this.header('authorization') ?? undefined)
    const raw = this.#call
    return this.#authorizer.authorize({
      token,
      scope,
      model,
      // Asked for by few scopes, and finding out costs more than the rest.
      get loopback() {
        return isLocal(raw)
      },
    })
  }

  /** Aborted when the client cancels, goes away, or its deadline passes. */
  get signal(): AbortSignal {
    // One for the whole call, made when somebody asks for it: a stream has many requests, and most requests never ask.
    this.#signal ??= abortOnCancel(this.#call)
    return this.#signal
  }

  /** What the data plane is told; `timeoutMs` is the limit that the message itself sets. */
  context(timeoutMs: number | null = null): RequestContext {
    return new CallContext(this, this.#remainingMs(timeoutMs))
  }

  #remainingMs(timeoutMs: number | null): number | null {
    const remaining = Number(this.#call.getDeadline()) - this.#clock.now()
    if (!Number.isFinite(remaining)) return timeoutMs
    // An answer given at the very deadline, such as a fallback, would reach the client too late.
    const usable = Math.max(0, remaining - Math.min(5, remaining * 0.1))
    return timeoutMs === null ? usable : Math.min(usable, timeoutMs)
  }
}

function isLocal(call: ServerCall): boolean {
  const address = call.getPeer().replace(/:\d+$/, '')
  const headers: Record<string, string> = { ':authority': call.getHost() }
  for (const [name, value] of Object.entries(call.metadata.getMap())) headers[name] = value.toString()
  return isLoopbackCaller({ address, headers })
}

function headerOf(metadata: Metadata, name: string): string | null {
  const value = metadata.get(name)[0]
  return value === undefined ? null : value.toString()
}

class CallContext implements RequestContext {
  readonly route = 'grpc'
  readonly timeoutMs?: number
  readonly #call: GrpcCall

  constructor(call: GrpcCall, timeoutMs: number | null) {
    this.#call = call
    if (timeoutMs !== null) this.timeoutMs = timeoutMs
  }

  get requestId(): string {
    return this.#call.requestId
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }
}

function abortOnCancel(call: ServerCall): AbortSignal {
  const controller = new AbortController()
  if (call.cancelled) controller.abort()
  else call.once('cancelled', () => controller.abort())
  return controller.signal
}
