import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutputOf, RowOf } from 'slipway'
import { predictRows } from '../../src/model/answer.js'
import type { Predictor } from '../../src/model/predictor.js'
import { openExample, readGolden } from '../open-example.js'
import type { GoldenFile } from '../open-example.js'
import digits from './model.js'
import { readGreyPng } from './read-grey-png.js'

type Row = RowOf<typeof digits.input>
type Output = OutputOf<typeof digits.output>

const here = new URL('./', import.meta.url)
const mnist = new URL('../../../shared/data/mnist/', here)
const absent = !existsSync(mnist)
let predictor: Predictor<typeof digits.input, typeof digits.output>
let golden: GoldenFile<Row, Output>

beforeAll(async () => {
  predictor = await openExample(here, digits)
  golden = await readGolden(new URL('golden.json', here))
})

afterAll(() => predictor.close())

describe('the digits example', () => {
  it('answers as the NumPy net did', async () => {
    const answers = await predictRows(
      predictor,
      golden.rows.map(({ input }) => input),
    )
    for (const [i, answer] of answers.entries()) {
      const { digit, probabilities } = golden.rows[i]!.output
      expect(answer).toMatchObject({ source: 'model', codes: [], output: { digit } })
      const given = Array.from(answer.output!.probabilities as Float32Array)
      for (const [k, probability] of Array.from(probabilities as number[]).entries()) {
        expect(Math.abs(given[k]! - probability)).toBeLessThan(golden.tolerance)
      }
      expect(answer.output!.confidence).toBe(Math.max(...given))
    }
  })

  it('takes rows of pixels, a flat list and a typed array alike', async () => {
    const rows = golden.rows[0]!.input.image as number[][]
    const answers = await predictRows(predictor, [{ image: rows }, { image: rows.flat() }, { image: Uint8Array.from(rows.flat()) }])
    expect(answers[1]!.output).toEqual(answers[0]!.output)
    expect(answers[2]!.output).toEqual(answers[0]!.output)
  })

  it('reads its own examples', async () => {
    const answers = await predictRows(predictor, digits.examples)
    expect(answers.map(({ output }) => output!.digit)).toEqual([2, 7])
  })

  it('refuses another size and a pixel brighter than white, beside an image that it reads', async () => {
    const image = golden.rows[0]!.input.image as number[][]
    const bright = image.map((row, y) => row.map((pixel, x) => (x + y === 0 ? 300 : pixel)))
    const answers = await predictRows(predictor, [{ image: image.slice(1) }, { image: bright }, { image }])
    expect(answers.map(({ source, error }) => [source, error?.code])).toEqual([
      ['none', 'INPUT_SHAPE'],
      ['none', 'INPUT_RANGE'],
      ['model', undefined],
    ])
  })

  it.skipIf(absent)(
    `reads the held-out images as well as its report says${absent ? ' (skipped: ../shared/data/mnist is absent)' : ''}`,
    async () => {
      const pixels = readGreyPng(await readFile(new URL('b20.png', mnist)))
      const labels = (await readFile(new URL('labels.txt', mnist), 'utf8')).split('\n').slice(60_000, 63_000).map(Number)
      const report = JSON.parse(await readFile(new URL('report.json', here), 'utf8')) as { readonly accuracy: number }
      const rows = labels.map((_, i) => ({ image: pixels.subarray(i * 784, (i + 1) * 784) }))
      const answers = await predictRows(predictor, rows)
      const right = answers.filter(({ output }, i) => output!.digit === labels[i]).length
      expect(right / labels.length).toBeCloseTo(report.accuracy, 4)
    },
  )
})
