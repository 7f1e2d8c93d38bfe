import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { createHttpServer } from '../../src/targets/http/create-http-server.js'
import { send } from '../fixtures/protocols/exchange.js'
import { protocolModels } from '../fixtures/protocols/models.js'
import { openRaw } from '../fixtures/protocols/raw-socket.js'
import type { TestServer } from '../fixtures/protocols/serve-models.js'
import { serveModels } from '../fixtures/protocols/serve-models.js'

const models = protocolModels().filter(({ name }) => name === 'many')
const row = JSON.stringify({ amount: 1.5, count: 1, member: true, country: 'DE' })
const head = (length: number, more = ''): string =>
  `POST /models/many/predict HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n${more}\r\n`
const whole = `${head(row.length)}${row}`
const limits = { headersTimeoutMs: 300, requestTimeoutMs: 500, timeoutCheckMs: 50, headerBytes: 4096, bodyBytes: 10_000, idleMs: 2000 }

describe('connections', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await serveModels(models, { limits })
  })
  afterAll(() => server.close())

  it('answers pipelined requests in order, on one connection', async () => {
    const raw = await openRaw(server.port)
    raw.write(`${whole}GET /models/nope HTTP/1.1\r\nhost: x\r\n\r\n${whole}`)
    const text = await raw.until(/13\.5[^]*MODEL_UNKNOWN[^]*13\.5/)
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
    raw.socket.destroy()
  })

  it('keeps the connection after a refused body', async () => {
    const raw = await openRaw(server.port)
    raw.write(`${head(3)}{"a`)
    await raw.until(/INVALID_JSON/)
    raw.write(whole)
    expect((await raw.until(/13\.5/)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200'])
    raw.socket.destroy()
  })

  it('closes it after a body over the limit, when the answer was seen', async () => {
    const raw = await openRaw(server.port)
    raw.write(head(20_000))
    raw.write('x'.repeat(20_000))
    expect(await raw.closed()).toMatch(/^HTTP\/1\.1 413 [^]*connection: close[^]*PAYLOAD_TOO_LARGE/i)
  })

  it('reads a storm of one-byte chunks as it reads anything', async () => {
    const raw = await openRaw(server.port)
    raw.write('POST /models/many/predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
    for (const byte of row) raw.write(`1\r\n${byte}\r\n`)
    raw.write('0\r\n\r\n')
    expect(await raw.until(/\}\}$/)).toMatch(/^HTTP\/1\.1 200 [^]*13\.5/)
    raw.socket.destroy()
  })

  it('says 100 Continue to clients that wait for it', async () => {
    const raw = await openRaw(server.port)
    raw.write(head(row.length, 'expect: 100-continue\r\n'))
    await raw.until(/^HTTP\/1\.1 100 Continue/)
    raw.write(row)
    expect(await raw.until(/13\.5/)).toMatch(/100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
    raw.socket.destroy()
  })

  it('answers HEAD with the headers of GET and no body', async () => {
    const [got, asked] = [
      await send(server.port, { path: '/v2/health/live' }),
      await send(server.port, { method: 'HEAD', path: '/v2/health/live' }),
    ]
    expect(asked).toMatchObject({ status: 200, text: '', headers: { 'content-length': String(got.body.length) } })
  })

  it.each([
    ['headers that never end', 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['a body that never ends', `${head(row.length)}{"amount"`],
    ['a chunked body that never ends', 'POST /models/many/predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"amo'],
  ])('gives up on %s', async (_, text) => {
    const raw = await openRaw(server.port)
    raw.write(text)
    expect(await raw.closed(3000)).toMatch(
      /^HTTP\/1\.1 408 Request Timeout\r\n[^]*application\/json[^]*\{"error":"the request did not arrive in time"\}$/,
    )
  })

  it.each([
    ['headers that are too large', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(5000)}\r\n\r\n`, 431],
    ['what is not HTTP', 'HELO example.org\r\n\r\n', 400],
    ['a length and chunks at once', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd', 400],
    ['a request without a host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ])('refuses %s', async (_, text, status) => {
    const raw = await openRaw(server.port)
    raw.write(text)
    expect(await raw.closed()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  it('goes on when clients go away in the middle of a request', async () => {
    for (let i = 0; i < 20; i++) {
      const raw = await openRaw(server.port)
      raw.write(`${head(row.length)}{"am`)
      raw.socket.destroy()
    }
    expect((await send(server.port, { path: '/models/many/predict', body: row })).status).toBe(200)
    expect(server.logs.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('load', () => {
  it('answers 429 with Retry-After when too many requests are under way, and recovers', async () => {
    const server = await serveModels(models, { limits: { requests: 1 } })
    const slow = await openRaw(server.port)
    slow.write(`${head(row.length)}{`)
    await expect.poll(async () => (await send(server.port, { path: '/models/many/predict', body: row })).status).toBe(429)
    const refused = await send(server.port, { path: '/v2/models/many/infer', body: '{}' })
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    slow.write(row.slice(1))
    await slow.until(/13\.5/)
    expect((await send(server.port, { path: '/models/many/predict', body: row })).status).toBe(200)
    slow.socket.destroy()
    await server.close()
  })

  it('answers 503 with Retry-After when bodies fill its memory, and recovers', async () => {
    const server = await serveModels(models, { limits: { bufferedBytes: 1000 } })
    const slow = await openRaw(server.port)
    slow.write(`${head(900)}${' '.repeat(800)}`)
    const body = `${' '.repeat(300)}${row}`
    await expect.poll(async () => (await send(server.port, { path: '/models/many/predict', body })).status).toBe(503)
    slow.socket.destroy()
    await expect.poll(async () => (await send(server.port, { path: '/models/many/predict', body })).status).toBe(200)
    await server.close()
  })

  it('answers 429 with Retry-After when the queue of a model is full; its neighbours get their answers', async () => {
    const server = await serveModels(models, { servingLimits: { queuedRequests: 2 } })
    const raw = await openRaw(server.port)
    raw.write(whole.repeat(4))
    const text = await raw.until(/(?:HTTP\/1\.1 [^]*?\r\n\r\n\{[^]*?){4}$/)
    expect((text.match(/HTTP\/1\.1 \d+/g) ?? []).toSorted()).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 429', 'HTTP/1.1 429'])
    expect(text).toMatch(/retry-after: 1/)
    raw.socket.destroy()
    await server.close()
  })
})

describe('clients that do not read', () => {
  it.each([
    ['one request after another', ''],
    ["one after another through Node's own parser", 'connection: keep-alive, x\r\n'],
  ])(
    'stop being served before their answers fill the memory: %s',
    async (_, more) => {
      let answers = 0
      const server = await serveModels(models, {
        observer: { answered: () => void answers++ },
        limits: { idleMs: 1000, keepAliveMs: 1000 },
      })
      const raw = await openRaw(server.port)
      raw.socket.pause()
      // Small requests with large answers: some 150 kB of what each row lacks.
      const body = `{"rows":[${Array.from({ length: 200 }, () => '{}').join(',')}]}`
      const request = `${head(body.length, more).replace('predict', 'predict?explain=guards')}${body}`
      const answered = (count: number): Promise<boolean> =>
        expect
          .poll(() => answers, { timeout: 700, interval: 1 })
          .toBe(count)
          .then(yes, no)
      const enough = 400
      let sent = 0
      do raw.write(request)
      while (++sent < enough && (await answered(sent)))
      // Sockets and the kernel hold a few megabytes of answers; 60 MB would be the server's memory.
      expect(answers).toBeLessThan(enough / 2)
      raw.socket.resume()
      await raw.closed(10_000)
      await server.close()
    },
    60_000,
  )

  const yes = (): boolean => true
  const no = (): boolean => false
})

describe('draining', () => {
  const ready = ['/v2/health/ready', '/readyz', '/healthz', '/health', '/health-check', '/ping', '/v2/models/many/ready', '/v1/models/many']

  it('turns every readiness 503, stays live, still answers, and closes connections with the answer', async () => {
    const server = await serveModels(models)
    const before = await Promise.all(ready.map((path) => send(server.port, { path })))
    expect(before.map(({ status }) => status)).toEqual(ready.map(() => 200))
    server.server.beginDrain()
    const after = await Promise.all(ready.map((path) => send(server.port, { path })))
    expect(after.map(({ status }) => status)).toEqual(ready.map(() => 503))
    expect((await send(server.port, { path: '/livez' })).status).toBe(200)
    expect(await send(server.port, { path: '/models/many/predict', body: row })).toMatchObject({
      status: 200,
      headers: { connection: 'close' },
    })
    await server.close()
  })

  it('finishes what is under way, and takes nothing new', async () => {
    const server = await serveModels(models)
    const raw = await openRaw(server.port)
    raw.write(`${head(row.length)}${row.slice(0, 10)}`)
    const idle = await openRaw(server.port)
    idle.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n')
    await idle.until(/"live":true/)
    const closing = server.server.close(5000)
    await idle.closed()
    raw.write(row.slice(10))
    expect(await raw.closed()).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*13\.5/i)
    await closing
    await expect(send(server.port, { path: '/livez' })).rejects.toThrow(/ECONNREFUSED/)
    await server.close()
  })

  it('cuts what is not done when the grace is over', async () => {
    const server = await serveModels(models)
    const raw = await openRaw(server.port)
    raw.write(`${head(row.length)}{`)
    const started = performance.now()
    await server.server.close(200)
    expect(performance.now() - started).toBeLessThan(2000)
    await raw.closed()
    await server.close()
  })
})

it('names a port that is taken', async () => {
  const first = await serveModels([])
  const { plane } = first
  const second = await createHttpServer({ plane, logger: silentLogger, clock: systemClock, server: { name: 'second', version: '1' } })
  await expect(second.listen({ host: '127.0.0.1', port: first.port })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  await second.close(0)
  await first.close()
})

const silentLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
