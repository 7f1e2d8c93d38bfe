import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { HttpExchange } from '../exchange.js'
import type { HttpLimits } from '../limits.js'
import type { HotTarget } from '../hot-routes.js'
import type { Pipeline } from '../pipeline.js'
import { acceptedCoding } from '../encodings.js'
import { LaneConnection, type LaneHandler } from './lane-connection.js'
import type { RequestHead } from './parse-head.js'
import { createSerializer } from './serialize.js'

export interface FastLane {
  /** Ends idle connections now and busy ones behind their answers. */
  end(): void
  /** Cuts every connection. */
  cut(): void
}

export interface FastLaneParts {
  readonly limits: HttpLimits
  readonly pipeline: Pipeline
  readonly hotTarget: HotTarget
  /** Epoch milliseconds. */
  readonly now: () => number
}

/**
 * Serves the plainest requests of the hottest routes straight off the socket, by the same pipeline and handlers as all others, and gives
 * every connection that sends anything else to the server that it stands in front of. On one core this is what most of the time of a small
 * prediction goes to: measured in docs/reference/benchmarks.md.
 */
export function openFastLane(server: Server, parts: FastLaneParts): FastLane {
  const connections = new Set<LaneConnection>()
  const attach = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
  server.removeAllListeners('connection')
  const serialize = createSerializer(parts.now)
  const handler: LaneHandler = {
    limits: parts.limits,
    take: (head, body, connection) => take(head, { body, connection, parts, serialize }),
    handOver: (socket, unread) => {
      for (const listener of attach) listener.call(server, socket)
      socket.unshift(unread)
      socket.resume()
    },
    forget: (connection) => connections.delete(connection),
  }
  server.on('connection', (socket: Socket) => connections.add(new LaneConnection(socket, handler)))
  return {
    end: () => {
      for (const connection of connections) connection.end()
    },
    cut: () => {
      for (const { socket } of connections) socket.destroy()
    },
  }
}

interface Taken {
  readonly body: Buffer
  readonly connection: LaneConnection
  readonly parts: FastLaneParts
  readonly serialize: ReturnType<typeof createSerializer>
}

function take(head: RequestHead, { body, connection, parts, serialize }: Taken): boolean {
  const target = parts.hotTarget(head.method, head.url)
  if (target === null || acceptedCoding(head.headers['accept-encoding']) !== null) return false
  const request = { method: head.method, url: head.url, headers: head.headers }
  const exchange = new HttpExchange(request, new LaneResponse(connection), {
    params: target.params,
    requestId: parts.pipeline.requestId(head.headers),
  })
  void parts.pipeline.serveWhole(target.route, exchange, body, (answer, close) =>
    connection.answer(serialize(answer, { headers: head.headers, requestId: exchange.requestId, close }), close),
  )
  return true
}

/** As much of a response as an exchange looks at: whether the client is still there. */
class LaneResponse {
  readonly #connection: LaneConnection

  constructor(connection: LaneConnection) {
    this.#connection = connection
  }

  get destroyed(): boolean {
    return this.#connection.socket.destroyed
  }

  get writableFinished(): boolean {
    return false
  }

  once(_: 'close', listener: () => void): void {
    this.#connection.onGone(listener)
  }
}
