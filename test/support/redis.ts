import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { freePort } from './free-port.js'
import { missing } from './requires.js'
import { until } from './until.js'

/** A Redis for tests. Keys go under a prefix of the test's own, since the server may be another's. */
export interface TestRedis {
  readonly url: string
  /** Ends the server at once, with all that it holds; only where it is our own. */
  stop(): Promise<void>
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>
  /** Stops it from answering without closing a connection, or lets it answer again; only where it is our own. */
  freeze(on: boolean): void
  remove(): Promise<void>
}

/** Null when there is a Redis for tests, else why the suite is skipped; with CI=true that is an error. */
export function missingRedis(need: 'any' | 'own' = 'any'): string | null {
  if (need === 'any' && process.env['REDIS_URL'] !== undefined) return null
  return missing('redis-server')
}

/** The server that REDIS_URL names, or one of our own: on a free port of 127.0.0.1, in memory alone. `own`: never the former. */
export async function openRedis(need: 'any' | 'own' = 'any'): Promise<TestRedis> {
  const url = process.env['REDIS_URL']
  if (need === 'own' || url === undefined) return ownServer()
  const refuse = (): never => {
    throw new Error('the server of REDIS_URL is not ours to stop')
  }
  return { url, stop: async () => refuse(), start: async () => refuse(), freeze: refuse, remove: async () => undefined }
}

async function ownServer(): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-redis-'))
  const port = await freePort()
  const password = 'top-secret'
  const url = `redis://:${password}@127.0.0.1:${port}`
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
    '--requirepass',
    password,
  ]
  let child: ChildProcess | null = null
  async function start(): Promise<void> {
    const started = spawn('redis-server', args, { cwd: folder, stdio: 'ignore' })
    child = started
    await until('Redis answers', async () => {
      if (started.exitCode !== null) throw new Error(`redis-server ended with ${started.exitCode}`)
      const client = createClient({ url, socket: { reconnectStrategy: false } })
      client.on('error', () => undefined)
      await client.connect()
      client.destroy()
      return true
    })
  }
  async function stop(): Promise<void> {
    const running = child
    child = null
    if (running === null || running.exitCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill('SIGKILL')
    await ended
  }
  await start()
  return {
    url,
    stop,
    start,
    freeze(on) {
      child?.kill(on ? 'SIGSTOP' : 'SIGCONT')
    },
    async remove() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
