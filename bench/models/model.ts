import { defineModel, number } from 'slipway'

const names = Array.from({ length: 30 }, (_, i) => `f${i}`)

/** The benchmark's model with every guard that a production definition would have: presence, type, finite and range of 30 features. */
export default defineModel({
  name: 'trees',
  description: '200 trees of depth 6 over 30 numbers: the model of the serving benchmark.',
  artifact: './trees-200x6.onnx',
  input: Object.fromEntries(names.map((name) => [name, number({ min: -1_000, max: 1_000 })])),
  output: { probability: number({ min: 0, max: 1 }) },
})
