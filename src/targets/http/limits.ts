import type { JsonLimits } from '../../core/json-reader.js'

/** Bounds on what a client may make the server hold or wait for. */
export interface HttpLimits extends JsonLimits {
  /** Largest body as sent. */
  readonly bodyBytes: number
  /** Largest body after decompression. */
  readonly decompressedBytes: number
  /** Bytes of bodies held at once, over all requests; past it requests get NOT_READY. */
  readonly bufferedBytes: number
  /** Requests under way at once; past it requests get QUEUE_FULL. */
  readonly requests: number
  /** Largest request line and headers together. */
  readonly headerBytes: number
  /** Time to send the headers, and the whole request. */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How often the two timeouts are looked after. */
  readonly timeoutCheckMs: number
  /** Time that an idle connection is kept. */
  readonly keepAliveMs: number
  /** Time without a byte in either direction after which a connection is closed. */
  readonly idleMs: number
  readonly connections: number
  /** Parts of a multipart body. */
  readonly parts: number
}

const mebibyte = 1024 * 1024

/** Limits that hold where `HttpServerOptions.limits` says nothing. */
export const defaultLimits: HttpLimits = {
  bodyBytes: 64 * mebibyte,
  decompressedBytes: 64 * mebibyte,
  bufferedBytes: 512 * mebibyte,
  requests: 4096,
  depth: 100,
  elements: 16 * mebibyte,
  headerBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  timeoutCheckMs: 1000,
  keepAliveMs: 72_000,
  idleMs: 120_000,
  connections: 8192,
  parts: 100,
}
