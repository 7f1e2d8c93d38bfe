import { SlipwayError } from '../core/errors.js'
import type { FetchLike } from './fetch.js'

/** Web standards that every platform of the client has, and that the isomorphic rooms otherwise do without. */
interface Platform {
  readonly fetch?: FetchLike
  readonly CompressionStream?: new (format: 'gzip') => CompressionPair
  readonly Response: new (body: unknown) => { arrayBuffer(): Promise<ArrayBuffer> }
}

interface CompressionPair {
  readonly readable: unknown
  readonly writable: { getWriter(): { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> } }
}

const platform = globalThis as unknown as Platform

/** The platform's `fetch`. */
export function platformFetch(): FetchLike {
  if (platform.fetch === undefined) throw new SlipwayError('CONFIG_INVALID', 'this platform has no `fetch`; give one to createClient')
  // Browsers refuse a `fetch` that is called as a method of something else than the global object.
  return (url, init) => (platform.fetch as FetchLike)(url, init)
}

/** The bytes in gzip form (RFC 1952), by the platform's CompressionStream. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if (platform.CompressionStream === undefined)
    throw new SlipwayError('CONFIG_INVALID', 'this platform has no CompressionStream; use compression: `none`')
  const pair = new platform.CompressionStream('gzip')
  const writer = pair.writable.getWriter()
  // Read while writing: a stream holds a writer back until somebody reads.
  const [compressed] = await Promise.all([new platform.Response(pair.readable).arrayBuffer(), writer.write(bytes), writer.close()])
  return new Uint8Array(compressed)
}
