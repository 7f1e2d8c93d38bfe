import { describe, expectTypeOf, it } from 'vitest'
import { createClient } from '../client.js'
import type { FetchLike, InputRow, RowAnswer } from '../client.js'
import { category, defineModel, integer, number, tensor, text, timestamp } from '../index.js'

const fraud = defineModel({
  name: 'fraud',
  artifact: './fraud.onnx',
  input: {
    amount: number({ min: 0 }),
    country: category(['DE', 'FR']),
    visits: integer({ optional: true }),
    at: timestamp(),
    pixels: tensor({ dtype: 'uint8', shape: [4] }),
  },
  output: { probability: number(), label: category(['no', 'yes']), why: text({ optional: true }) },
})
const client = createClient({ url: 'http://127.0.0.1:8080' })
const row = { amount: 12, country: 'DE', at: new Date(), pixels: Uint8Array.of(1, 2, 3, 4) } as const

describe('a typed client', () => {
  it('takes rows and gives outputs as the definition says', async () => {
    const model = client.model<typeof fraud>('fraud')
    const answer = await model.predict(row)
    expectTypeOf(answer.output.probability).toEqualTypeOf<number>()
    expectTypeOf(answer.output.label).toEqualTypeOf<'no' | 'yes'>()
    expectTypeOf(answer.output.why).toEqualTypeOf<string | null>()
    const answers = await model.predict([row, { ...row, visits: 3n }])
    expectTypeOf(answers).toExtend<readonly RowAnswer<typeof answer.output>[]>()
  })

  it('refuses rows that the definition has not', async () => {
    const model = client.model<typeof fraud>('fraud')
    expectTypeOf(row).toExtend<InputRow<typeof fraud>>()
    // @ts-expect-error no such country
    await model.predict({ ...row, country: 'XX' })
    // @ts-expect-error the amount is required
    await model.predict({ country: 'DE', at: 0, pixels: [1, 2, 3, 4] })
    // @ts-expect-error no such field
    await model.predict({ ...row, amuont: 1 })
    // @ts-expect-error an amount is a number, in every row
    await model.predict([row, { ...row, amount: '12' }])
  })

  it('tells refused rows by their error', async () => {
    const [answer] = await client.model<typeof fraud>('fraud').predict([row])
    if (answer === undefined) return
    if (answer.error !== undefined) expectTypeOf(answer.output).toEqualTypeOf<null>()
    else expectTypeOf(answer.output.probability).toEqualTypeOf<number>()
  })

  it('takes any row where no definition is named', async () => {
    const answer = await client.model('m').predict({ anything: 1 })
    expectTypeOf(answer.output).toEqualTypeOf<Readonly<Record<string, unknown>>>()
  })

  it('takes the fetch of the platform', () => {
    expectTypeOf<typeof fetch>().toExtend<FetchLike>()
  })
})
