import type { IncomingMessage } from 'node:http'
import { SlipwayError } from '../../core/errors.js'

const empty = Buffer.alloc(0)
/** How long, and for how many bytes, a body over the limit is still read, so that the client gets to see the answer. */
const linger = { ms: 500, bytes: 64 * 1024 * 1024 }

/** Bytes of bodies in memory, bounded over all requests of a server. */
export interface BodyBudget {
  take(bytes: number): void
  give(bytes: number): void
}

/** Hands out up to `bytes`; `take` throws NOT_READY past it. */
export function createBodyBudget(bytes: number): BodyBudget {
  let held = 0
  return {
    take(count) {
      if (held + count > bytes) throw new SlipwayError('NOT_READY', 'the server holds too many request bodies; try again later')
      held += count
    },
    give(count) {
      held -= count
    },
  }
}

/** The client went away before its request was complete; nobody is there to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** True when the request announces a body. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

/** The whole body. Rejects with PAYLOAD_TOO_LARGE past `limit` bytes, NOT_READY past the budget. The caller gives its length back to the budget. */
export function readBody(request: IncomingMessage, limit: number, budget: BodyBudget): Promise<Buffer> {
  if (!hasBody(request)) return Promise.resolve(empty)
  return new Promise((resolve, reject) => {
    const sink = new BodySink(Number(request.headers['content-length'] ?? 0), limit, budget)
    let failed: unknown
    const fail = (error: unknown): void => {
      if (failed !== undefined) return
      failed = error
      sink.drop()
      discard(request, () => reject(error))
    }
    request.on('data', (chunk: Buffer) => {
      if (failed !== undefined) return
      try {
        sink.add(chunk)
      } catch (error) {
        fail(error)
      }
    })
    request.once('end', () => failed === undefined && resolve(sink.take()))
    request.once('error', () => reject(gone(sink)))
    request.once('close', () => request.complete || reject(gone(sink)))
    if (sink.announced > limit) fail(tooLarge(limit))
  })
}

/** One growing buffer: a storm of one-byte chunks costs their bytes, not an object each. */
class BodySink {
  readonly announced: number
  readonly #limit: number
  readonly #budget: BodyBudget
  #bytes: Buffer = empty
  #length = 0
  #taken = 0

  constructor(announced: number, limit: number, budget: BodyBudget) {
    this.announced = announced
    this.#limit = limit
    this.#budget = budget
  }

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (length > this.#limit) throw tooLarge(this.#limit)
    if (this.#length === 0 && (chunk.length === this.announced || this.announced === 0)) {
      this.#budget.take(chunk.length)
      this.#taken += chunk.length
      this.#bytes = chunk
    } else {
      this.#reserve(length)
      chunk.copy(this.#bytes, this.#length)
    }
    this.#length = length
  }

  /** The body; what stays taken from the budget is its length. */
  take(): Buffer {
    this.#budget.give(this.#taken - this.#length)
    this.#taken = this.#length
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length)
  }

  drop(): void {
    this.#budget.give(this.#taken)
    this.#taken = 0
    this.#bytes = empty
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length && this.#taken >= this.#bytes.length) return
    const size = Math.min(Math.max(length, this.#bytes.length * 2, Math.min(this.announced, 65_536)), this.#limit)
    this.#budget.take(size - this.#taken)
    this.#taken = size
    const grown = Buffer.allocUnsafeSlow(size)
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

function tooLarge(limit: number): SlipwayError {
  return new SlipwayError('PAYLOAD_TOO_LARGE', `the body is larger than ${limit} bytes`)
}

function gone(sink: BodySink): ClientGone {
  sink.drop()
  return new ClientGone('the client closed the connection')
}

/** Reads on for a moment without keeping anything: closing under a client that still sends would reset the answer away. */
function discard(request: IncomingMessage, done: () => void): void {
  let bytes = 0
  const finish = (): void => {
    clearTimeout(timer)
    done()
  }
  const timer = setTimeout(done, linger.ms)
  request.on('data', (chunk: Buffer) => (bytes += chunk.length) > linger.bytes && finish())
  request.once('end', finish)
  request.once('close', finish)
  request.resume()
}
