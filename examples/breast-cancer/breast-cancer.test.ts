import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutputOf, RowOf } from 'slipway'
import { inspectModel } from '../../src/artifact/inspect.js'
import { stripZipMap } from '../../src/artifact/strip-zip-map.js'
import { readFile } from 'node:fs/promises'
import { predictRows } from '../../src/model/answer.js'
import { deriveDefinition } from '../../src/model/derive.js'
import type { Predictor } from '../../src/model/predictor.js'
import { openExample, openGraph, readGolden } from '../open-example.js'
import type { GoldenFile } from '../open-example.js'
import { measurements } from './measurements.js'
import cancer from './model.js'

type Row = RowOf<typeof cancer.input>
type Output = OutputOf<typeof cancer.output>

const here = new URL('./', import.meta.url)
const file = new URL('breast-cancer.onnx', here)
let predictor: Predictor<typeof cancer.input, typeof cancer.output>
let golden: GoldenFile<Row, Output>

beforeAll(async () => {
  predictor = await openExample(here, cancer)
  golden = await readGolden(new URL('golden.json', here))
})

afterAll(() => predictor.close())

describe('the breast cancer example', () => {
  it('answers as scikit-learn did', async () => {
    const answers = await predictRows(
      predictor,
      golden.rows.map(({ input }) => input),
    )
    for (const [i, answer] of answers.entries()) {
      const { diagnosis, malignant } = golden.rows[i]!.output
      expect(answer).toMatchObject({ source: 'model', codes: [], output: { diagnosis } })
      expect(Math.abs(answer.output!.malignant - malignant)).toBeLessThan(golden.tolerance)
    }
  })

  it('answers the same without its definition, from what the graph says', async () => {
    const bytes = stripZipMap(await readFile(file))
    const session = await openGraph(file)
    const { classLabels } = inspectModel(bytes)
    const derived = deriveDefinition('derived', session.inputs, session.outputs, { artifact: './breast-cancer.onnx', classLabels })
    await session.close()
    const bare = await openExample(here, derived)
    const names = Object.keys(measurements) as (keyof typeof measurements)[]
    const rows = golden.rows.map(({ input }) => ({ features: names.map((name) => input[name]) }))
    for (const [i, answer] of (await predictRows(bare, rows)).entries()) {
      const { diagnosis, malignant } = golden.rows[i]!.output
      const { output_label, output_probability } = answer.output as { output_label: string; output_probability: Float32Array }
      expect(output_label).toBe(diagnosis)
      expect(Math.abs(output_probability[1]! - malignant)).toBeLessThan(golden.tolerance)
    }
    expect(derived.output['output_label']).toMatchObject({ kind: 'category', categories: ['benign', 'malignant'] })
    await bare.close()
  })

  it('notes a measurement that it never saw, and refuses measurements that contradict each other', async () => {
    const sample = golden.rows[0]!.input
    const answers = await predictRows(predictor, [
      { ...sample, meanTexture: 60 },
      { ...sample, worstRadius: sample.meanRadius - 1 },
    ])
    expect(answers.map(({ source, codes }) => [source, codes])).toEqual([
      ['model', ['INPUT_RANGE:meanTexture']],
      ['none', ['INPUT_CROSS:worst-below-mean']],
    ])
  })
})
