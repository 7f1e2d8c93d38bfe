import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { postAlert } from './post-alert.js'

const alert = { event: 'missed', batch: 'nightly', logicalTimes: ['2026-03-02T01:30:00.000Z'], message: 'nightly: not completed' } as const
let server: { close(done?: (error?: Error) => void): unknown } | null = null
afterEach(() => server?.close())

/** A webhook that answers with `status` and keeps what it was sent. */
async function webhook(status: number): Promise<{ url: string; bodies: unknown[] }> {
  const bodies: unknown[] = []
  const created = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      bodies.push({ type: request.headers['content-type'], body: JSON.parse(text) as unknown })
      response.writeHead(status, { location: '/elsewhere' }).end('thanks')
    })
  })
  server = created
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(created.address() as AddressInfo).port}/hook`, bodies }
}

it('sends the alert as JSON, with a text for chat services', async () => {
  const { url, bodies } = await webhook(200)
  await postAlert(url, alert)
  expect(bodies).toEqual([{ type: 'application/json', body: { ...alert, text: alert.message } }])
})

it.each([500, 404, 302])('is UNREACHABLE when the answer is %i', async (status) => {
  const { url } = await webhook(status)
  await expect(postAlert(url, alert)).rejects.toMatchObject({ code: 'UNREACHABLE' })
})

it('is UNREACHABLE when nobody is there', async () => {
  const { url } = await webhook(200)
  await new Promise((resolve) => server!.close(resolve))
  await expect(postAlert(url, alert)).rejects.toMatchObject({ code: 'UNREACHABLE' })
})
