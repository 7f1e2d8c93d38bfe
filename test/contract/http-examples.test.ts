// What a client is shown to start from works as it stands, in every protocol, for inputs that JSON has no word of its own for.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Column } from '../../src/core/frame.js'
import { integer, number, tensor, text, timestamp } from '../../src/core/fields.js'
import { defineModel } from '../../src/model/define-model.js'
import type { ModelDefinition } from '../../src/model/definition.js'
import { linearModel } from '../fixtures/models.js'
import { send } from '../fixtures/protocols/exchange.js'
import type { TestServer } from '../fixtures/protocols/serve-models.js'
import { serveModels } from '../fixtures/protocols/serve-models.js'

const input = {
  since: timestamp({ min: '2030-01-01' }),
  serial: integer({ min: 2n ** 60n }),
  note: text(),
  grid: tensor({ dtype: 'int64', shape: [2, 2] }),
  series: tensor({ dtype: 'float32', shape: [null] }),
}
const options = {
  name: 'odd',
  artifact: './odd.onnx',
  input,
  output: { y: number() },
  preprocess: ({ columns }: { columns: Readonly<Record<string, Column>> }) => ({
    x: Float32Array.from(columns['since']!.data as Float64Array),
  }),
}
const made = defineModel(options as never) as unknown as ModelDefinition
const row = { since: new Date('2031-01-01'), serial: 2n ** 60n + 1n, note: 'n', grid: BigInt64Array.of(1n, 2n, 3n, 4n), series: [1, 2] }
const given = defineModel({ ...options, name: 'given', examples: [row] } as never) as unknown as ModelDefinition

let server: TestServer

beforeAll(async () => {
  const artifact = linearModel({ inputs: 1 })
  server = await serveModels([
    { name: 'odd', artifact, definition: made },
    { name: 'given', artifact, definition: given },
  ])
})
afterAll(() => server.close())

it('writes integers of 64 bits with all their digits, times as texts, and tensors as they are nested', async () => {
  const { text: body } = await send(server.port, { path: '/models/given' })
  expect(body).toContain(
    '"example":{"since":"2031-01-01T00:00:00.000Z","serial":1152921504606846977,"note":"n","grid":[[1,2],[3,4]],"series":[1,2]}',
  )
})

it.each(['odd', 'given'])('has examples of %s that this server answers, in every protocol', async (model) => {
  const { paths } = JSON.parse((await send(server.port, { path: '/openapi.json' })).text) as {
    paths: Record<string, { post?: { requestBody?: { content: Record<string, { example?: object }> } } }>
  }
  const examples = Object.entries(paths).flatMap(([path, { post }]) => {
    const body = post?.requestBody?.content['application/json']?.example
    return body === undefined || !path.includes(model) ? [] : [{ path, body }]
  })
  expect(examples).toHaveLength(4)
  for (const example of examples) expect({ ...example, ...(await send(server.port, example)) }).toMatchObject({ status: 200 })
})
