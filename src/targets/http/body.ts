import type { IncomingMessage } from 'node:http'
import { SlipwayError } from '../../core/errors.js'

const empty = Buffer.alloc(0)
/** How long, and for how many bytes, a body over the limit is still read, so that the client gets to see the answer. */
const linger = { ms: 500, bytes: 64 * 1024 * 1024 }

/** Bytes of bodies in memory, bounded over all requests of a server. */
export interface BodyBudget {
  /** Throws NOT_READY when there are not so many left. */
  take(bytes: number): void
  give(bytes: number): void
}

/** Hands out up to `bytes`. */
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
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length']
  return length === undefined ? headers['transfer-encoding'] !== undefined : length !== '0'
}

/** The whole body. Rejects with PAYLOAD_TOO_LARGE past `limit` bytes, NOT_READY past the budget. The caller gives its length back to the budget. */
export function readBody(request: IncomingMessage, limit: number, budget: BodyBudget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    new BodyReading(request, { limit, budget, resolve, reject }).start()
  })
}

interface ReadingParts {
  readonly limit: number
  readonly budget: BodyBudget
  readonly resolve: (body: Buffer) => void
  readonly reject: (reason: Error) => void
}

/** One growing buffer: a storm of one-byte chunks costs their bytes, not an object each. */
class BodyReading {
  readonly #request: IncomingMessage
  readonly #parts: ReadingParts
  /** 0 where the client does not say. */
  readonly #announced: number
  #bytes: Buffer = empty
  #length = 0
  /** Of the budget. */
  #taken = 0
  #failed = false

  constructor(request: IncomingMessage, parts: ReadingParts) {
    this.#request = request
    this.#parts = parts
    this.#announced = Number(request.headers['content-length'] ?? 0)
  }

  start(): void {
    const request = this.#request
    request.on('data', (chunk: Buffer) => {
      if (!this.#failed) this.#receive(chunk)
    })
    request.on('end', () => {
      if (!this.#failed) this.#parts.resolve(this.#take())
    })
    request.on('close', () => {
      if (!request.complete) this.#fail(new ClientGone('the client closed the connection'))
    })
    if (this.#announced > this.#parts.limit) this.#refuse(this.#tooLarge())
  }

  #receive(chunk: Buffer): void {
    try {
      this.#add(chunk)
    } catch (error) {
      this.#refuse(error as SlipwayError)
    }
  }

  #add(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (length > this.#parts.limit) throw this.#tooLarge()
    if (this.#length === 0 && chunk.length >= this.#announced) {
      this.#reserveBudget(chunk.length)
      this.#bytes = chunk
    } else {
      if (length > this.#bytes.length) this.#grow(length)
      chunk.copy(this.#bytes, this.#length)
    }
    this.#length = length
  }

  #grow(length: number): void {
    const size = Math.min(Math.max(length, this.#bytes.length * 2, Math.min(this.#announced, 65_536)), this.#parts.limit)
    this.#reserveBudget(size)
    const grown = Buffer.allocUnsafeSlow(size)
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }

  #reserveBudget(size: number): void {
    this.#parts.budget.take(size - this.#taken)
    this.#taken = size
  }

  /** The body; what stays taken from the budget is its length. */
  #take(): Buffer {
    this.#parts.budget.give(this.#taken - this.#length)
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length)
  }

  /** Reads on for a moment without keeping anything, then fails: closing under a client that still sends would reset the answer away. */
  #refuse(error: SlipwayError): void {
    this.#drop()
    const request = this.#request
    const done = (): void => {
      clearTimeout(timer)
      this.#parts.reject(error)
    }
    const timer = setTimeout(done, linger.ms)
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length) > linger.bytes && done())
    request.once('end', done)
    request.once('close', done)
  }

  #fail(error: ClientGone): void {
    this.#drop()
    this.#parts.reject(error)
  }

  #drop(): void {
    this.#failed = true
    this.#parts.budget.give(this.#taken)
    this.#taken = 0
    this.#bytes = empty
  }

  #tooLarge(): SlipwayError {
    return new SlipwayError('PAYLOAD_TOO_LARGE', `the body is larger than ${this.#parts.limit} bytes`)
  }
}
