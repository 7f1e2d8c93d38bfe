import { randomBytes } from 'node:crypto'

const acceptable = /^[\w.:/+=@-]{1,128}$/
const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/

/** The id of a request, whose client may have given one. */
export type RequestIds = (given: unknown) => string

/** Makes request ids: the client's X-Request-Id when it is short and plain (it goes into logs and headers), else a new one. */
export function createRequestIds(random: () => string = () => randomBytes(6).toString('hex')): RequestIds {
  const prefix = random()
  let count = 0
  return (given) => {
    if (typeof given === 'string' && acceptable.test(given)) return given
    count++
    return `${prefix}-${count.toString(36)}`
  }
}

/** A `traceparent` header when it is well formed (W3C Trace Context, section 3.2.2); null otherwise. */
export function traceParentOf(given: unknown): string | null {
  return typeof given === 'string' && given.length <= 256 && traceparent.test(given) ? given : null
}
