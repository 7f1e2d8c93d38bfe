import { readFile } from 'node:fs/promises'
import { manyInputModel, zipMapModel } from '../fixtures/models.js'
import { send } from '../support/http.js'

export type Row = Readonly<Record<string, unknown>>

/** A tensor of the Open Inference Protocol's metadata; the first dimension counts the rows. */
export interface TensorSpec {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
}

/** A model with rows whose answers are known. */
export interface ParityModel {
  readonly name: string
  /** Null for an example, which has a folder; else the ONNX file, served as it is. */
  readonly artifact: Uint8Array | null
  readonly rows: readonly Row[]
  /** What the framework that the model was trained in answered, or what can be said by hand. */
  readonly golden: readonly Row[]
  /** How far from `golden` a number may be. */
  readonly tolerance: number
}

/** A model as a server describes it. */
export interface DescribedModel extends ParityModel {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}

/** The four examples with their golden rows, and two graphs that are served without a definition. */
export async function parityModels(): Promise<readonly ParityModel[]> {
  const examples = await Promise.all(['breast-cancer', 'digits', 'fraud', 'reviews'].map(readExample))
  return [...examples, many, classes]
}

/** Adds what a running server says of its tensors. */
export async function describeModel(model: ParityModel, url: string): Promise<DescribedModel> {
  const { inputs, outputs } = (await send(`${url}/v2/models/${model.name}`)).json() as Pick<DescribedModel, 'inputs' | 'outputs'>
  return { ...model, inputs, outputs }
}

async function readExample(name: string): Promise<ParityModel> {
  const text = await readFile(new URL(`../../examples/${name}/golden.json`, import.meta.url), 'utf8')
  const { tolerance, rows } = JSON.parse(text) as { tolerance: number; rows: { input: Row; output: Row }[] }
  return { name, artifact: null, tolerance, rows: rows.map(({ input }) => input), golden: rows.map(({ output }) => output) }
}

const many: ParityModel = {
  name: 'many',
  artifact: manyInputModel(),
  rows: [
    { amount: 1.5, count: 1, member: true, country: 'DE' },
    { amount: -0.25, count: 40_000, member: false, country: 'FR' },
    { amount: 0.1, count: 0, member: false, country: 'é, "quoted"' },
  ],
  golden: [{ score: 13.5 }, { score: 40_019.75 }, { score: Math.fround(0.1) }],
  tolerance: 0,
}

const classes: ParityModel = {
  name: 'classes',
  artifact: zipMapModel({ labels: 'string' }),
  rows: [{ x: [3, 0] }, { x: [-1, -2] }, { x: [0, 0.5] }],
  golden: [
    { output_label: 'low', output_probability: softmax([3, 0, -3]) },
    { output_label: 'high', output_probability: softmax([-1, -2, 3]) },
    { output_label: 'mid', output_probability: softmax([0, 0.5, -0.5]) },
  ],
  tolerance: 1e-6,
}

function softmax(scores: readonly number[]): number[] {
  const powers = scores.map(Math.exp)
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}
