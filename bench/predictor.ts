// The predictor's own time around a run: validate, derived preprocess, derived postprocess, output checks, return. The graph itself is left
// out: a session that answers at once stands in for it.
//   npx tsx bench/predictor.ts [--json] [--rows N] [--features N]
import { systemClock } from '../src/core/clock.js'
import { number } from '../src/core/fields.js'
import type { ModelSession } from '../src/core/ports.js'
import { defineModel } from '../src/model/define-model.js'
import { createLocalExecutor } from '../src/model/local-executor.js'
import { createPredictor } from '../src/model/predictor.js'

const rows = numberOf('--rows') ?? 32
const features = numberOf('--features') ?? 30
const rounds = 50_000
const names = Array.from({ length: features }, (_, i) => `f${i}`)

const definition = defineModel({
  name: 'bench',
  artifact: 'bench.onnx',
  input: Object.fromEntries(names.map((name) => [name, number({ min: -1e6, max: 1e6 })])),
  output: { probability: number({ min: 0, max: 1 }) },
  ...(process.argv.includes('--deadline') ? { guard: { deadlineMs: 1000 }, fallback: () => ({ probability: 0 }) } : {}),
})
const answer = new Float32Array(rows).fill(0.5)
const session: ModelSession = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [null, features] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [null, 1] }],
  run: async () => ({ y: { dtype: 'float32', shape: [rows, 1], data: answer } }),
  close: async () => {},
}
const predictor = createPredictor({
  definition,
  identity: { name: 'bench', version: '1', digest: 'sha256:0' },
  executor: createLocalExecutor(definition, session, { clock: systemClock }),
  clock: systemClock,
  ids: () => 'bench',
  logger: { debug() {}, info() {}, warn() {}, error() {} },
})
const builder = predictor.createBuilder()
for (let row = 0; row < rows; row++) builder.appendRow(Object.fromEntries(names.map((name, i) => [name, row + i * 0.5])))
const input = builder.build()

const times = new Float64Array(rounds)
for (let round = -5000; round < rounds; round++) {
  const start = performance.now()
  const prediction = await predictor.predict(input)
  const elapsed = (performance.now() - start) * 1000
  if (prediction.issues !== null) throw new Error('a row failed')
  if (round >= 0) times[round] = elapsed
}
times.sort()
const at = (share: number): number => Math.round(times[Math.floor(rounds * share)]! * 100) / 100
const report = { rows, features, unit: 'us', p50: at(0.5), p90: at(0.9), p99: at(0.99) }
console.log(process.argv.includes('--json') ? JSON.stringify(report) : report)

function numberOf(name: string): number | undefined {
  const index = process.argv.indexOf(name)
  return index < 0 ? undefined : Number(process.argv[index + 1])
}
