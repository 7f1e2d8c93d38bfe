import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { protocolModels } from '../fixtures/protocols/models.js'
import { openRaw } from '../fixtures/protocols/raw-socket.js'
import { serveModels, type TestServer } from '../fixtures/protocols/serve-models.js'

const models = protocolModels().filter(({ name }) => name === 'many')
const row = JSON.stringify({ amount: 1.5, count: 1, member: true, country: 'DE' })
const request = (body: string, more = '', path = '/models/many/predict'): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nx-request-id: r\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`
/** A header that sends the same request through Node's own parser. */
const slow = 'connection: keep-alive, x\r\n'

describe('the fast lane', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await serveModels(models, { limits: { headersTimeoutMs: 300, keepAliveMs: 400 } })
  })
  afterAll(() => server.close())

  async function answerTo(bytes: string): Promise<string> {
    const raw = await openRaw(server.port)
    raw.write(Buffer.from(bytes).toString('latin1'))
    const text = await raw.until(/\r\n\r\n[^]*\}$/)
    raw.socket.destroy()
    return text
  }

  it.each([
    ['a row', row],
    ['rows', `{"rows":[${row},{"amount":1}]}`],
    ['a refused row', '{"amount":"1"}'],
    ['no JSON', '{"amount":'],
    ['text beyond ASCII', JSON.stringify({ amount: 1, count: 1, member: true, country: 'Österreich' })],
  ])('answers %s as the full server does', async (_, body) => {
    const bare = (text: string): string =>
      text
        .replaceAll(/"(?:id|\w+Ms)":[^,}]+/g, '')
        .replaceAll(/^(?:date|connection|keep-alive|content-length): .*\r\n/gim, '')
        .toLowerCase()
    expect(bare(await answerTo(request(body)))).toBe(bare(await answerTo(request(body, slow))))
  })

  it('answers request after request on one connection, and one that is unlike them', async () => {
    const raw = await openRaw(server.port)
    raw.write(request(row))
    await raw.until(/13\.5[^]*\}\}$/)
    raw.write(request(row.replace('1.5', '2.5')))
    await raw.until(/14\.5[^]*\}\}$/)
    raw.write('GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n')
    await raw.until(/"live":true/)
    raw.write(request(row.replace('1.5', '3.5')))
    expect((await raw.until(/15\.5[^]*\}\}$/)).match(/HTTP\/1\.1 200/g)).toHaveLength(4)
    raw.socket.destroy()
  })

  it('goes on where a request comes in pieces, cut anywhere', async () => {
    const bytes = request(row)
    for (const at of [1, 20, bytes.indexOf('\r\n\r\n') + 2, bytes.length - 1]) {
      const raw = await openRaw(server.port)
      raw.write(request(row))
      await raw.until(/13\.5[^]*\}\}$/)
      raw.write(bytes.slice(0, at))
      // The server's answer to nothing: what was written has to have been read before the rest comes.
      await new Promise((resolve) => setImmediate(resolve))
      raw.write(bytes.slice(at))
      expect((await raw.until(/13\.5[^]*13\.5[^]*\}\}$/)).match(/HTTP\/1\.1 200/g)).toHaveLength(2)
      raw.socket.destroy()
    }
  })

  it('keeps the order of requests sent at once', async () => {
    const raw = await openRaw(server.port)
    raw.write(Array.from({ length: 20 }, (_, i) => request(row.replace('1.5', String(i * 10)))).join(''))
    const text = await raw.until(/"score":202[^]*\}\}$/)
    const numbers = [...text.matchAll(/"score":(\d+)/g)].map((match) => Number(match[1]))
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i * 10 + 12))
    raw.socket.destroy()
  })

  it('closes connections that say nothing, before and after a request', async () => {
    const silent = await openRaw(server.port)
    expect(await silent.closed(3000)).not.toContain('200')
    const idle = await openRaw(server.port)
    idle.write(request(row))
    await idle.until(/13\.5[^]*\}\}$/)
    await idle.closed(3000)
  })
})
