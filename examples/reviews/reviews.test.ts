import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutputOf, RowOf } from 'slipway'
import { predictRows } from '../../src/model/answer.js'
import type { Predictor } from '../../src/model/predictor.js'
import { openExample, readGolden } from '../open-example.js'
import reviews from './model.js'

type Row = RowOf<typeof reviews.input>
type Output = OutputOf<typeof reviews.output>

const here = new URL('./', import.meta.url)
let predictor: Predictor<typeof reviews.input, typeof reviews.output>

beforeAll(async () => {
  predictor = await openExample(here, reviews)
})

afterAll(() => predictor.close())

describe('the reviews example', () => {
  it('answers as scikit-learn did, from the text on', async () => {
    const golden = await readGolden<Row, Output>(new URL('golden.json', here))
    const answers = await predictRows(
      predictor,
      golden.rows.map(({ input }) => input),
    )
    for (const [i, answer] of answers.entries()) {
      const { probability, sentiment } = golden.rows[i]!.output
      expect(answer).toMatchObject({ source: 'model', codes: [], output: { sentiment } })
      expect(Math.abs(answer.output!.probability - probability)).toBeLessThan(golden.tolerance)
    }
  })

  it('answers a text without words, a long one and other scripts, each the same alone as among others', async () => {
    const rows = ['!', 'good '.repeat(1_900), '不错的手机', 'I love it'].map((text) => ({ text }))
    const together = await predictRows(predictor, rows)
    expect(together.map(({ source }) => source)).toEqual(['model', 'model', 'model', 'model'])
    for (const [i, row] of rows.entries()) {
      const [alone] = await predictRows(predictor, [row])
      expect(alone!.output).toEqual(together[i]!.output)
    }
  })

  it('refuses an empty text', async () => {
    const [answer] = await predictRows(predictor, [{ text: '' }])
    expect(answer).toMatchObject({ output: null, source: 'none', codes: ['INPUT_LENGTH:text'] })
  })

  it('counts words of praise and of complaint when the model fails', async () => {
    const bare = await openExample(here, reviews, { broken: ['./reviews.onnx'] })
    const answers = await predictRows(bare, [{ text: 'Excellent. I LOVE it' }, { text: 'The worst, awful' }])
    expect(answers.map(({ source, output }) => [source, output!.sentiment])).toEqual([
      ['fallback:word-list', 'positive'],
      ['fallback:word-list', 'negative'],
    ])
    await bare.close().catch(() => undefined)
  })
})
