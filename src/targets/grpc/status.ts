import type { Metadata } from '@grpc/grpc-js'
import type { ErrorCode, SlipwayError } from '../../core/errors.js'

/** Codes after which a client should come again soon. */
const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['QUEUE_FULL', 'NOT_READY', 'WORKER_LOST', 'GATHER_FAILED'])
const retryMs = '1000'
const longestDetails = 1000

/** What a call ends with. */
export interface CallStatus {
  readonly code: number
  readonly details: string
  readonly metadata: Metadata
}

/**
 * An error as a gRPC status: its code by the error table, its message, and in the trailers `slipway-code` with the code itself and, where it
 * helps to come again, `grpc-retry-pushback-ms` (gRFC A6).
 */
export function callStatus(error: SlipwayError, trailers: Metadata): CallStatus {
  trailers.set('slipway-code', error.code)
  if (retryable.has(error.code)) trailers.set('grpc-retry-pushback-ms', retryMs)
  return { code: error.spec.grpc, details: statusDetails(error.message), metadata: trailers }
}

/** A message fit for the `grpc-message` header: of bounded length, and without half a surrogate pair, which can not be encoded. */
export function statusDetails(message: string): string {
  return Buffer.from(message.slice(0, longestDetails), 'utf8').toString('utf8')
}
