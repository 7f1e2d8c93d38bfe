import type { Authorizer } from '../../access/authorizer.js'
import type { Clock, Logger } from '../../core/ports.js'
import type { DataPlane } from '../../serving/data-plane.js'

/** Bounds on what a client may make the server hold. */
export interface GrpcLimits {
  /** Largest message, as sent and decompressed; a larger one is answered RESOURCE_EXHAUSTED. */
  readonly bodyBytes: number
  /** Calls under way at once on one connection; further ones wait at the client. */
  readonly concurrentStreams: number
  /** Requests under way at once on one ModelStreamInfer call; past it the server stops reading, and so the client stops sending. */
  readonly streamInFlight: number
  /** Elements of all typed contents of a request together; raw contents are bounded by `bodyBytes`. */
  readonly elements: number
  /** Tensors, parameters and other fields of a request together. */
  readonly parts: number
  /** A connection without a call is closed after this time. */
  readonly idleMs: number
  /** How often a connection is asked whether its other end is still there, and how long it may take to answer. */
  readonly keepAliveMs: number
  readonly keepAliveTimeoutMs: number
}

/** Limits that hold where `GrpcServerOptions.limits` says nothing. */
export const defaultGrpcLimits: GrpcLimits = {
  bodyBytes: 256 * 1024 * 1024,
  concurrentStreams: 1024,
  streamInFlight: 64,
  elements: 16 * 1024 * 1024,
  parts: 10_000,
  idleMs: 300_000,
  keepAliveMs: 60_000,
  keepAliveTimeoutMs: 20_000,
}

/** One answered call, for metrics and access logs; no payload. */
export interface AnsweredCall {
  /** `/inference.GRPCInferenceService/ModelInfer` */
  readonly path: string
  /** gRPC status code; 0 is OK. */
  readonly status: number
  /** Code of the error table; null for a success. */
  readonly code: string | null
  readonly requestId: string
  readonly durationMs: number
}

export interface GrpcObserver {
  answered(call: AnsweredCall): void
}

export interface GrpcServerOptions {
  readonly plane: DataPlane
  readonly logger: Logger
  readonly clock: Clock
  /** Name and version in server metadata; clients of Triton's examples expect the name `triton`. */
  readonly server: { readonly name: string; readonly version: string }
  /** Every call is open when left out. */
  readonly authorizer?: Authorizer
  /** Told of every call that ended, once a stream. */
  readonly observer?: GrpcObserver
  readonly limits?: Partial<GrpcLimits>
}

/** The listening server. */
export interface GrpcServer {
  /** Rejects with ADDRESS_IN_USE. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  /** Health turns NOT_SERVING and readiness false; calls are still answered, while balancers look elsewhere. */
  beginDrain(): void
  /** As `beginDrain`, and then: no new connection or call is taken, calls under way are finished; those not done after `graceMs` are cut. */
  drain(graceMs: number): Promise<void>
  /** Cuts every connection. */
  close(): Promise<void>
}
