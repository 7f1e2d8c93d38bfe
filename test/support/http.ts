import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface HttpReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON. */
  json(): unknown
}

export interface SendOptions {
  /** POST when there is a body, else GET. */
  readonly method?: string
  /** What is not text or bytes is sent as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** A connection of its own, closed after the answer, when left out. */
  readonly agent?: Agent
}

/** One exchange, without the retries and pools of `fetch`: what the server does to the connection shows. */
export function send(url: string, { method, body, headers = {}, agent }: SendOptions = {}): Promise<HttpReply> {
  const payload = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const options = { method: method ?? (payload === undefined ? 'GET' : 'POST'), headers, agent: agent ?? false }
    const call = request(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const text = bytes.toString()
        resolve({ status: response.statusCode!, headers: response.headers, bytes, text, json: () => JSON.parse(text) as unknown })
      })
    })
    call.on('error', reject)
    call.end(payload)
  })
}

/** What a request of a load came to, and when: milliseconds of `performance.now()`. */
export interface LoadResult<T> {
  readonly sentAt: number
  readonly answeredAt: number
  /** Null when it failed. */
  readonly answer: T | null
  readonly error: Error | null
}

export interface Load<T> {
  /** In the order of their ends; grows while the load runs. */
  readonly results: readonly LoadResult<T>[]
  /** No new request; resolves when those under way have ended. */
  stop(): Promise<readonly LoadResult<T>[]>
}

/** Asks without pause on so many keep-alive connections, until it is stopped. */
export function startLoad<T>(connections: number, ask: (agent: Agent) => Promise<T>): Load<T> {
  const results: LoadResult<T>[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const state = { going: true }
  const loop = async (): Promise<void> => {
    while (state.going) {
      const sentAt = performance.now()
      try {
        const answer = await ask(agent)
        results.push({ sentAt, answeredAt: performance.now(), answer, error: null })
      } catch (error) {
        results.push({ sentAt, answeredAt: performance.now(), answer: null, error: error as Error })
        // A server that is gone refuses at once: the load must not spin.
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
  }
  const loops = Promise.all(Array.from({ length: connections }, loop))
  return {
    results,
    async stop() {
      state.going = false
      await loops
      agent.destroy()
      return results
    },
  }
}

/** The value of one series of `/metrics`, named with its labels as they are printed there; null while there is none. */
export async function readMetric(url: string, series: string): Promise<number | null> {
  const { text } = await send(`${url}/metrics`)
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
  return line === undefined ? null : Number(line.slice(series.length + 1))
}
