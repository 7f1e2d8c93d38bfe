import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { send } from '../fixtures/protocols/exchange.js'
import { protocolModels } from '../fixtures/protocols/models.js'
import type { TestServer } from '../fixtures/protocols/serve-models.js'
import { serveModels } from '../fixtures/protocols/serve-models.js'

let server: TestServer

beforeAll(async () => {
  server = await serveModels(protocolModels().filter(({ name }) => name === 'guarded'))
})
afterAll(() => server.close())

/** Good rows, rows for the fallback, rows with a warning, and rows that are refused for one reason or another. */
const row = fc.record(
  {
    amount: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(5000, 'many', null, [])),
    count: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constantFrom(20, 1.5, '2')),
    member: fc.oneof(fc.boolean(), fc.constantFrom(1)),
    country: fc.constantFrom('DE', 'FR', 'US', 'AT'),
    extra: fc.constantFrom(1),
  },
  { requiredKeys: ['amount', 'count', 'member'] },
)

interface Answer {
  readonly output: unknown
  readonly source: string
  readonly codes: readonly string[]
  readonly error?: unknown
}

it('gives each row the same answer alone, among the requests of a turn, and in one request', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
      const alone: Answer[] = []
      for (const body of rows) alone.push(await predict(body))
      const together = await Promise.all(rows.map(predict))
      const answer = await send(server.port, { path: '/models/guarded/predict', body: { rows } })
      const listed = (JSON.parse(answer.text) as { rows: Answer[] }).rows.map(substance)
      expect(together).toEqual(alone)
      expect(listed).toEqual(alone)
    }),
    { numRuns: 30 },
  )
})

async function predict(body: object): Promise<Answer> {
  return substance(JSON.parse((await send(server.port, { path: '/models/guarded/predict', body })).text) as Answer)
}

function substance({ output, source, codes, error }: Answer): Answer {
  return { output, source, codes, error }
}
