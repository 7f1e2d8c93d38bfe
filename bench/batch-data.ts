// What the batch benchmarks read, made once under .cache/batch: rows of 20 floats and an id as Parquet and CSV, whole or with 1% of them
// malformed, and a multilayer perceptron with its definition.
//   npx tsx bench/batch-data.ts [--rows N]
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { buildModel } from '../src/artifact/build.js'
import { constant, node, value } from '../src/artifact/model-parts.js'

const folder = resolve('.cache', 'batch')
const features = 20
const names = Array.from({ length: features }, (_, i) => `f${i}`)
/** Sizes of the layers. */
const layers = [features, 64, 32, 1] as const

export interface BatchInput {
  readonly format: 'parquet' | 'csv'
  readonly rows: number
  /** One row of a hundred lacks a value (Parquet), or has a text for a number or a cell too few (CSV). */
  readonly malformed?: boolean
}

/** Path of an input file with the columns `id` (whole numbers from 0) and `f0` to `f19` (float32 from -3 to 3); the same rows whenever it is made. */
export async function batchInput({ format, rows, malformed = false }: BatchInput): Promise<string> {
  const path = join(folder, `rows-${rows}${malformed ? '-malformed' : ''}.${format}`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  process.stderr.write(`making ${path} …\n`)
  const unfinished = `${path}.${process.pid}`
  const database = await DuckDBInstance.create(':memory:')
  const connection = await database.connect()
  try {
    await connection.run('SET threads = 2; SET preserve_insertion_order = true')
    await connection.run(copyStatement(format, malformed, rows, unfinished))
  } finally {
    connection.closeSync()
    database.closeSync()
  }
  renameSync(unfinished, path)
  return path
}

/** Paths of the definition and its ONNX file: `x` float32 [N,20] -> `score` float32 [N,1], a perceptron of layers 20-64-32-1. */
export function batchModel(): { readonly definition: string; readonly onnx: string } {
  mkdirSync(folder, { recursive: true })
  const paths = { definition: join(folder, 'model.ts'), onnx: join(folder, 'mlp.onnx') }
  writeFileSync(paths.definition, definitionText)
  writeFileSync(paths.onnx, perceptron())
  return paths
}

/** Every guard that a production definition would have: presence, type, finite and range of 20 inputs, range of the output, a fallback. */
const definitionText = `import { defineModel, number } from 'slipway'

const names = Array.from({ length: ${features} }, (_, i) => \`f\${i}\`)

export default defineModel({
  name: 'mlp',
  artifact: './mlp.onnx',
  input: Object.fromEntries(names.map((name) => [name, number({ min: -10, max: 10 })])),
  output: { score: number({ min: 0, max: 1 }) },
  guard: { onFail: 'fallback' },
  fallback: () => ({ score: 0.5 }),
})
`

function copyStatement(format: BatchInput['format'], malformed: boolean, rows: number, path: string): string {
  const to = `'${path.replaceAll("'", "''")}'`
  if (format === 'parquet') return `COPY (${rowsQuery(rows, malformed)}) TO ${to} (FORMAT parquet, COMPRESSION snappy)`
  if (!malformed) return `COPY (${rowsQuery(rows, false)}) TO ${to} (FORMAT csv, HEADER)`
  // One column that holds whole lines: the writer of CSV makes no broken ones.
  const cells = names.map((name) => `CAST(${name} AS VARCHAR)`)
  const line = (list: readonly string[]): string => `concat_ws(',', id, ${list.join(', ')})`
  const broken = `CASE WHEN id % 200 = 37 THEN ${line(cells.with(3, "'n/a'"))} WHEN id % 200 = 137 THEN ${line(cells.slice(1))} ELSE ${line(cells)} END`
  const header = ['id', ...names].join(',')
  return `COPY (SELECT ${broken} AS "${header}" FROM (${rowsQuery(rows, false)})) TO ${to} (FORMAT csv, HEADER, QUOTE '', ESCAPE '', DELIMITER '|')`
}

/** Evenly distributed numbers of 24 bits, from DuckDB's hash of row and column. */
function rowsQuery(rows: number, malformed: boolean): string {
  const columns = names.map((name, i) => {
    const number = `CAST((hash(i * ${features} + ${i}) >> 40) / 16777216.0 * 6 - 3 AS FLOAT)`
    return `${malformed && i === 3 ? `CASE WHEN i % 100 = 37 THEN NULL ELSE ${number} END` : number} AS ${name}`
  })
  return `SELECT i AS id, ${columns.join(', ')} FROM range(${rows}) AS source(i)`
}

function perceptron(): Uint8Array {
  const weights = layers.slice(1).flatMap((size, i) => {
    const inputs = layers[i]!
    return [
      constant(`w${i}`, 'float32', [inputs, size], weightsOf(inputs * size, 1 / Math.sqrt(inputs), i)),
      constant(`b${i}`, 'float32', [size], weightsOf(size, 0.1, i + 10)),
    ]
  })
  return buildModel({
    inputs: [value('x', 'float32', ['N', features])],
    outputs: [value('score', 'float32', ['N', 1])],
    initializers: weights,
    nodes: [
      node('Gemm', ['x', 'w0', 'b0'], ['z0']),
      node('Relu', ['z0'], ['a0']),
      node('Gemm', ['a0', 'w1', 'b1'], ['z1']),
      node('Relu', ['z1'], ['a1']),
      node('Gemm', ['a1', 'w2', 'b2'], ['z2']),
      node('Sigmoid', ['z2'], ['score']),
    ],
  })
}

/** Numbers from -scale to scale, the same for the same seed. */
function weightsOf(count: number, scale: number, seed: number): number[] {
  let state = seed * 7919 + 1
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state / 2 ** 31 - 1) * scale
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const index = process.argv.indexOf('--rows')
  const rows = index < 0 ? 500_000 : Number(process.argv[index + 1])
  const inputs: string[] = []
  for (const format of ['parquet', 'csv'] as const) {
    for (const malformed of [false, true]) inputs.push(await batchInput({ format, rows, malformed }))
  }
  console.log(JSON.stringify({ rows, inputs, ...batchModel() }))
}
