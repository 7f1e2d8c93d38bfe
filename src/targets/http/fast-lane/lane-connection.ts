import type { Socket } from 'node:net'
import { type RequestHead, parseHead, parseLine } from './parse-head.js'
import type { Serialized } from './serialize.js'

/** What a lane does with a request that it took. */
export interface LaneHandler {
  /** False when the request is none for this lane; the connection then goes to the full server with its bytes. */
  take(head: RequestHead, body: Buffer, connection: LaneConnection): boolean
  /** Gives the connection, with its unread bytes, to the full HTTP server for the rest of its life. */
  handOver(socket: Socket, unread: Buffer): void
  forget(connection: LaneConnection): void
  readonly limits: {
    readonly headerBytes: number
    readonly bodyBytes: number
    readonly headersTimeoutMs: number
    readonly keepAliveMs: number
  }
}

const headEnd = Buffer.from('\r\n\r\n')
const lineEnd = Buffer.from('\r\n')

/**
 * A connection as long as every request on it comes whole, in one piece, in the plainest form, one after the other. It waits for nothing:
 * a part of a request, a second one behind the first, or anything unusual, and the full server takes over, with its timeouts and its parser.
 */
export class LaneConnection {
  readonly socket: Socket
  readonly #handler: LaneHandler
  #busy = false
  /** Bytes that came while a request was under way. */
  #waiting: Buffer | null = null
  /** The last head and its bytes: most clients send the same one again. */
  #headBytes: Buffer | null = null
  #head: RequestHead | null = null
  /** The headers of the last head, from the end of its request line on: lookups differ in their target alone. */
  #headerBytes: Buffer | null = null
  #onGone: (() => void) | null = null
  #ending = false
  /** An answer was not taken by the socket at once. */
  #clogged = false
  /** Gone, or handed over. */
  #released = false

  constructor(socket: Socket, handler: LaneHandler) {
    this.socket = socket
    this.#handler = handler
    socket.setNoDelay(true)
    socket.setTimeout(handler.limits.headersTimeoutMs)
    socket.on('data', this.#receive)
    socket.on('timeout', this.#expire)
    socket.on('error', this.#fail)
    socket.on('close', this.#closed)
    socket.on('end', this.#ended)
  }

  /** Calls back once when the client goes away before the answer. */
  onGone(listener: () => void): void {
    this.#onGone = listener
  }

  /** Sends the answer of the request under way and goes on with what waits. */
  answer({ bytes, encoding }: Serialized, close: boolean): void {
    this.#busy = false
    this.#onGone = null
    if (this.socket.destroyed) return
    if (close || this.#ending) {
      this.socket.end(bytes, encoding)
      return
    }
    if (!this.socket.write(bytes, encoding)) this.#waitForReader()
    else if (this.#waiting !== null) this.#goOn()
  }

  /** A client that does not read gets no further answers: they would pile up here. It has the time of an idle connection. */
  #waitForReader(): void {
    this.#clogged = true
    this.socket.pause()
    this.socket.once('drain', this.#drained)
  }

  readonly #drained = (): void => {
    this.#clogged = false
    if (this.#ending) this.socket.end()
    else this.#goOn()
  }

  #goOn(): void {
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting !== null) this.#receive(waiting)
    if (!this.#busy && !this.#released) this.socket.resume()
  }

  /** Ends the connection now, or behind the answer under way. */
  end(): void {
    this.#ending = true
    if (!this.#busy && !this.#clogged) this.socket.end()
  }

  readonly #receive = (chunk: Buffer): void => {
    if (this.#busy || this.#clogged) {
      this.#waiting = this.#waiting === null ? chunk : Buffer.concat([this.#waiting, chunk])
      this.socket.pause()
      return
    }
    const body = this.#bodyOf(chunk)
    if (body === null) return this.#handOver(chunk)
    this.#busy = true
    if (this.#handler.take(this.#head!, body, this)) return
    this.#busy = false
    this.#handOver(chunk)
  }

  /** The body of the one request that the chunk holds, whole and with nothing behind it; null otherwise. */
  #bodyOf(chunk: Buffer): Buffer | null {
    const end = this.#isRepeated(chunk) ? this.#headBytes!.length : this.#readHead(chunk)
    if (end < 0 || chunk.length !== end + this.#head!.contentLength) return null
    return chunk.subarray(end)
  }

  #isRepeated(chunk: Buffer): boolean {
    const known = this.#headBytes
    return known !== null && chunk.length >= known.length && chunk.compare(known, 0, known.length, 0, known.length) === 0
  }

  #readHead(chunk: Buffer): number {
    const { headerBytes, bodyBytes, keepAliveMs } = this.#handler.limits
    const line = chunk.indexOf(lineEnd)
    const known = this.#headerBytes
    const again =
      line >= 0 &&
      known !== null &&
      chunk.length >= line + known.length &&
      chunk.compare(known, 0, known.length, line, line + known.length) === 0
    const end = again ? line + known.length : chunk.indexOf(headEnd) + headEnd.length
    if (end < headEnd.length || end > headerBytes + headEnd.length) return -1
    const head = again
      ? parseLine(chunk.toString('latin1', 0, line), this.#head!.headers)
      : parseHead(chunk.toString('latin1', 0, end - headEnd.length))
    if (head === null || head.contentLength > bodyBytes) return -1
    if (this.#head === null) this.socket.setTimeout(keepAliveMs)
    this.#head = head
    this.#keep(chunk.subarray(0, end), line, again)
    return end
  }

  /** Remembers a head; of a GET only its headers, since the next one asks for something else. */
  #keep(bytes: Buffer, line: number, again: boolean): void {
    const isPost = this.#head!.method === 'POST'
    this.#headBytes = isPost ? Buffer.from(bytes) : null
    if (isPost) this.#headerBytes = null
    else if (!again) this.#headerBytes = Buffer.from(bytes.subarray(line))
  }

  #handOver(unread: Buffer): void {
    const { socket } = this
    socket.pause()
    this.#release()
    this.#handler.handOver(socket, unread)
  }

  readonly #expire = (): void => {
    if (!this.#busy) this.socket.destroy()
  }

  readonly #fail = (): void => {
    this.socket.destroy()
  }

  readonly #ended = (): void => {
    if (!this.#busy && !this.#clogged) this.socket.end()
    else this.#ending = true
  }

  readonly #closed = (): void => {
    const gone = this.#onGone
    this.#release()
    gone?.()
  }

  #release(): void {
    this.#released = true
    this.socket.off('drain', this.#drained)
    this.socket.off('data', this.#receive)
    this.socket.off('timeout', this.#expire)
    this.socket.off('error', this.#fail)
    this.socket.off('close', this.#closed)
    this.socket.off('end', this.#ended)
    this.socket.setTimeout(0)
    this.#handler.forget(this)
  }
}
