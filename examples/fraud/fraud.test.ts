import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutputOf, RowOf } from 'slipway'
import { createMemoryFeatureStore } from '../../src/drivers/memory/feature-store.js'
import { answersOf, predictRows } from '../../src/model/answer.js'
import type { Predictor } from '../../src/model/predictor.js'
import { openExample, readGolden } from '../open-example.js'
import type { GoldenFile } from '../open-example.js'
import fraud from './model.js'

type Row = RowOf<typeof fraud.input>
type Output = OutputOf<typeof fraud.output>

const here = new URL('./', import.meta.url)
const features = createMemoryFeatureStore()
let predictor: Predictor<typeof fraud.input, typeof fraud.output>
let golden: GoldenFile<Row, Output>

beforeAll(async () => {
  predictor = await openExample(here, fraud, { features })
  golden = await readGolden(new URL('golden.json', here))
})

afterAll(() => predictor.close())

async function probabilityOf(row: Row): Promise<number> {
  const [answer] = await predictRows(predictor, [row])
  return answer!.output!.probability
}

describe('the fraud example', () => {
  it('answers as scikit-learn did, payments whose card age or distance is unknown included', async () => {
    const answers = await predictRows(
      predictor,
      golden.rows.map(({ input }) => input),
    )
    for (const [i, answer] of answers.entries()) {
      expect(answer).toMatchObject({ source: 'model', codes: [] })
      expect(Math.abs(answer.output!.probability - golden.rows[i]!.output.probability)).toBeLessThan(golden.tolerance)
    }
    expect(golden.rows.some(({ input }) => input.cardAgeDays === undefined)).toBe(true)
  })

  it('gives a payment the same answer alone as among others', async () => {
    const rows = golden.rows.map(({ input }) => input)
    const together = await predictRows(predictor, rows)
    for (const [i, row] of rows.entries()) expect(await probabilityOf(row)).toBe(together[i]!.output!.probability)
  })

  it('tells its own examples apart: groceries, a stolen number at night, a journey', async () => {
    const [groceries, stolen, journey] = await Promise.all(fraud.examples.map(probabilityOf))
    expect(groceries).toBeLessThan(0.01)
    expect(stolen).toBeGreaterThan(0.9)
    expect(journey).toBeLessThan(stolen!)
  })

  it('looks the age of a card up by its id, and lets what the payment says stand', async () => {
    const { cardAgeDays: _, ...payment } = fraud.examples[1]!
    await features.put('cards', 'new-card', { cardAgeDays: 3 })
    const [known, looked, given] = await Promise.all([
      probabilityOf({ ...payment, cardAgeDays: 3 }),
      probabilityOf({ ...payment, cardId: 'new-card' }),
      probabilityOf({ ...payment, cardId: 'new-card', cardAgeDays: 1_204 }),
    ])
    expect(looked).toBe(known)
    expect(given).toBe(await probabilityOf(fraud.examples[1]!))
    expect(given).not.toBe(known)
  })

  it('lets the small model answer for a country that it never saw', async () => {
    const [answer] = await predictRows(predictor, [{ ...fraud.examples[0]!, country: 'CH' as 'AT' }])
    expect(answer).toMatchObject({ source: 'fallback:small', codes: ['INPUT_CATEGORY:country'] })
    expect(answer!.output!.probability).toBeLessThan(0.5)
  })

  it('answers as scikit-learn did when the small model stands in', async () => {
    const small = await readGolden<Row, Output>(new URL('golden-small.json', here))
    const builder = predictor.createBuilder()
    for (const { input } of small.rows) builder.appendRow(input)
    const answers = answersOf(await predictor.fallback(builder.build(), 'QUEUE_FULL'), fraud.output)
    for (const [i, answer] of answers.entries()) {
      expect(answer.source).toBe('fallback:small')
      expect(Math.abs(answer.output!.probability - small.rows[i]!.output.probability)).toBeLessThan(small.tolerance)
    }
  })

  it('comes down to the rule when both models fail', async () => {
    const bare = await openExample(here, fraud, { broken: ['./fraud.onnx', './fraud-small.onnx'] })
    const rows = [{ ...fraud.examples[0]!, amount: 9_000 }, fraud.examples[0]!]
    const answers = await predictRows(bare, rows)
    expect(answers.map(({ source, output }) => [source, output!.probability])).toEqual([
      ['fallback:rule', 0.9],
      ['fallback:rule', 0.05],
    ])
    await bare.close().catch(() => undefined)
  })

  it('notes a distance for an online payment, refuses an amount out of range, and spoils no neighbour', async () => {
    const fine = fraud.examples[0]!
    const answers = await predictRows(predictor, [fine, { ...fine, amount: -1 }, { ...fraud.examples[1]!, distanceKm: 12 }])
    expect(answers.map(({ source, codes }) => [source, codes])).toEqual([
      ['model', []],
      ['none', ['INPUT_RANGE:amount']],
      ['model', ['INPUT_CROSS:distance-online']],
    ])
    expect(answers[0]!.output!.probability).toBe(await probabilityOf(fine))
  })
})
