import { createHash } from 'node:crypto'
import { SlipwayError, type ErrorCode } from '../../core/errors.js'

/** A connection to Redis that is made anew when it is lost. Every failure is a SlipwayError; nothing waits longer than its limit. */
export interface RedisConnection {
  send(...command: readonly string[]): Promise<unknown>
  /** Runs a Lua script; it is sent once, and by its hash from then on. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

/** A Lua script: runs as one step that no other command comes between. */
export interface Script {
  readonly text: string
  readonly sha: string
}

export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

const connectTimeoutMs = 2000
const commandTimeoutMs = 5000
const longestBackOffMs = 1000

/** Connects; STORE_UNAVAILABLE when there is no answer within two seconds. */
export async function connectRedis(url: string): Promise<RedisConnection> {
  checkUrl(url)
  const { createClient } = await loadRedis()
  let ready = false
  const client = createClient({
    url,
    // Commands are refused at once while there is no connection.
    disableOfflineQueue: true,
    pingInterval: 4000,
    socket: {
      connectTimeout: connectTimeoutMs,
      socketTimeout: 10_000,
      reconnectStrategy: (tries) => (ready ? Math.min(20 * 2 ** Math.min(tries, 10), longestBackOffMs) : new Error('no connection')),
    },
  })
  // Told by the command that meets it.
  client.on('error', () => undefined)
  try {
    await within(client.connect(), connectTimeoutMs)
  } catch (error) {
    if (client.isOpen) client.destroy()
    throw failure(error)
  }
  ready = true

  async function send(...command: readonly string[]): Promise<unknown> {
    try {
      return await within(client.sendCommand<unknown>(command), commandTimeoutMs)
    } catch (error) {
      throw failure(error)
    }
  }

  return {
    send,
    async run({ text, sha }, keys, args) {
      const rest = [String(keys.length), ...keys, ...args]
      try {
        return await send('EVALSHA', sha, ...rest)
      } catch (error) {
        if (!isUnknownScript(error)) throw error
        return send('EVAL', text, ...rest)
      }
    },
    async close() {
      if (client.isOpen) client.destroy()
    },
  }
}

async function loadRedis(): Promise<typeof import('redis')> {
  try {
    return await import('redis')
  } catch (cause) {
    throw new SlipwayError('PACKAGE_MISSING', 'Redis needs the package redis: npm install redis@6.3.1', { cause })
  }
}

async function within<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What the client threw. Its errors hold no passwords; the URL is not repeated. */
export function failure(thrown: unknown, code: ErrorCode = 'STORE_UNAVAILABLE'): SlipwayError {
  if (thrown instanceof SlipwayError && (thrown.code !== 'STORE_UNAVAILABLE' || code === 'STORE_UNAVAILABLE')) return thrown
  const cause: unknown = thrown instanceof SlipwayError ? thrown.cause : thrown
  const reason = cause instanceof Error ? cause.message.slice(0, 200) : 'no answer'
  return new SlipwayError(code, `the store of predictions in Redis: ${reason}`, { cause })
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof SlipwayError && error.cause instanceof Error && error.cause.message.startsWith('NOSCRIPT')
}

function checkUrl(url: string): void {
  if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return
  throw new SlipwayError('CONFIG_INVALID', 'the URL of Redis is none: expected redis://user:password@host:port/number')
}
