import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came. */
interface ForeignRequest {
  readonly line: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface ForeignAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** A server of another make: it answers what a test says, in texts and bytes that are written out there, and keeps what it was asked. */
export interface ForeignServer {
  readonly url: string
  readonly received: readonly ForeignRequest[]
  answer: (request: ForeignRequest) => ForeignAnswer | Promise<ForeignAnswer>
  /** The only request so far. */
  only(): ForeignRequest
  close(): Promise<void>
}

/** Listens on a port of this machine. */
export async function foreignServer(): Promise<ForeignServer> {
  const received: ForeignRequest[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const one = { line: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(parts) }
      received.push(one)
      void respond(one, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const foreign: ForeignServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: () => ({ body: '{}' }),
    only() {
      const [request, ...others] = received
      if (request === undefined || others.length > 0) throw new Error(`expected one request, received ${received.length}`)
      return request
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function respond(request: ForeignRequest, response: ServerResponse): Promise<void> {
    const { status = 200, headers = {}, body = '' } = await foreign.answer(request)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  }
  return foreign
}
