import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { createAccumulators } from '../../src/monitoring/accumulators.js'
import { createStoredPlane, type StoredPlane } from '../../src/serving/stored-plane.js'
import { createHttpServer } from '../../src/targets/http/create-http-server.js'
import type { HttpServer } from '../../src/targets/http/options.js'
import { openRaw } from '../fixtures/protocols/raw-socket.js'
import { quietLogger, type ServedModels, serveModels } from '../support/served-models.js'
import { fillSet, stored, storedPlace, type StoredPlace } from '../support/stored.js'

describe('lookups of stored predictions on one connection', () => {
  let place: StoredPlace
  let served: ServedModels
  let plane: StoredPlane
  let http: HttpServer
  let port: number

  beforeAll(async () => {
    place = await storedPlace()
    const values = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, stored({ y: i })]))
    await fillSet(place.sets, { id: 's1', values: { ...values, 'ä/🐟': stored({ y: -1 }) } })
    await place.sets.flip({ model: 'm', set: 's1', kind: 'flip', by: 't', reason: '' })
    served = await serveModels({})
    plane = createStoredPlane({ plane: served.plane, metrics: createAccumulators(), clock: systemClock, open: async () => place.sets })
    const about = { logger: quietLogger, clock: systemClock, server: { name: 'slipway', version: '0' } }
    http = await createHttpServer({ plane: served.plane, stored: plane, ...about })
    port = (await http.listen({ host: '127.0.0.1', port: 0 })).port
  })
  afterAll(async () => {
    await http.close(100)
    await served.close()
    await place.remove()
  })

  const head = (key: string, more = ''): string => `GET /models/m/stored/${key} HTTP/1.1\r\nhost: x\r\nx-request-id: r\r\n${more}\r\n`
  const slow = 'connection: keep-alive, x\r\n'
  const bare = (text: string): string =>
    text
      .replaceAll(/"ageMs":\d+/g, '')
      .replaceAll(/^(?:date|connection|keep-alive|content-length): .*\r\n/gim, '')
      .toLowerCase()

  async function answerTo(bytes: string): Promise<string> {
    const raw = await openRaw(port)
    raw.write(bytes)
    const text = await raw.until(/\r\n\r\n[^]*\}$/)
    raw.socket.destroy()
    return text
  }

  it.each(['k1', '%C3%A4%2F%F0%9F%90%9F', 'none', '%ff', 'a/b'])('answers %s as the full server does', async (key) => {
    expect(bare(await answerTo(head(key)))).toBe(bare(await answerTo(head(key, slow))))
  })

  it('answers key after key, headers that change, several at once, and pieces', async () => {
    const raw = await openRaw(port)
    for (let i = 0; i < 10; i++) {
      raw.write(head(`k${i}`, i % 4 === 3 ? 'x-other: 1\r\n' : ''))
      await raw.until(new RegExp(`"y":${i}\\}[^]*\\}\\}$`))
    }
    raw.write(Array.from({ length: 10 }, (_, i) => head(`k${i + 10}`)).join(''))
    const text = await raw.until(/"y":19\}[^]*\}\}$/)
    expect([...text.matchAll(/"y":(\d+)/g)].map((match) => Number(match[1]))).toEqual(Array.from({ length: 20 }, (_, i) => i))
    raw.socket.destroy()
    const bytes = head('k1')
    for (const at of [1, 18, bytes.length - 2]) {
      const pieces = await openRaw(port)
      pieces.write(head('k2'))
      await pieces.until(/"y":2\}[^]*\}\}$/)
      pieces.write(bytes.slice(0, at))
      await new Promise((resolve) => setImmediate(resolve))
      pieces.write(bytes.slice(at))
      await pieces.until(/"y":1\}[^]*\}\}$/)
      pieces.socket.destroy()
    }
  })
})
