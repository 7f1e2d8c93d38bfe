import { SlipwayError } from '../core/errors.js'
import { elementCount } from '../core/tensor.js'
import { type Answer, predictRows } from '../model/answer.js'
import type { ModelDefinition } from '../model/definition.js'
import { examplesOf } from '../model/example-rows.js'
import { checkGolden, type Golden, recordGolden } from '../model/golden.js'
import type { Predictor } from '../model/predictor.js'

/** What a trial run found out. */
export interface Trial {
  /** Rows and what the model answered to them, each alone; empty when it was not tried. */
  readonly golden: Golden
  /** Median milliseconds of one row; null when no row is known that the model answers. */
  readonly runMs: number | null
  /** False when the rows of one run change each other's answers. */
  readonly rowsIndependent: boolean
}

/** Made-up sizes of free dimensions, tried in turn: a net that halves its image five times cannot read 8 pixels. */
const freeSizes = [8, 32, 224] as const
/** Rows with more elements are made up once only, since golden examples are kept as JSON. */
const largeRow = 4096

/**
 * Runs the model on its examples, or on made-up rows. ADMISSION_FAILED when it answers none of its own examples, or fails made-up rows by
 * its own code: a version that cannot answer is no version. Made-up rows that the checks or the graph refuse prove nothing either way.
 */
export async function tryModel(predictor: Predictor): Promise<Trial> {
  const { definition } = predictor
  let refused: Answer | undefined
  for (const size of definition.examples.length > 0 ? [freeSizes[0]] : freeSizes) {
    const rows = rowsOf(definition, size)
    const answers = await alone(predictor, rows)
    const answered = rows.filter((_, i) => answers[i]!.source === 'model')
    if (answered.length > 0) return examine(predictor, answered)
    refused ??= answers[0]
  }
  const { code, message } = faultOf(refused)
  const unproven = definition.examples.length === 0 && /^(?:INPUT_|RUN_FAILED|GATHER_)/.test(code)
  if (!unproven) throw new SlipwayError('ADMISSION_FAILED', `the model answered no row of its trial run: ${code}: ${message}`)
  return { golden: { rows: [], outputs: [], sources: [] }, runMs: null, rowsIndependent: true }
}

/** Why the first row was not answered by the model. A fallback may have answered it; then its codes say why it had to. */
function faultOf(answer: Answer | undefined): { readonly code: string; readonly message: string } {
  if (answer === undefined) return { code: 'DEFINITION_INVALID', message: 'no row can be made up for it: give one in `examples`' }
  const issue = answer.issues[0]
  return answer.error ?? { code: issue?.code ?? 'INTERNAL', message: issue?.message ?? 'a fallback answered' }
}

async function examine(predictor: Predictor, rows: readonly object[]): Promise<Trial> {
  const recorded: Golden[] = []
  for (const row of rows) recorded.push(await recordGolden(predictor, [row]))
  const golden: Golden = {
    rows: recorded.flatMap((one) => one.rows),
    outputs: recorded.flatMap((one) => one.outputs),
    sources: recorded.flatMap((one) => one.sources),
  }
  return { golden, runMs: await measure(predictor, rows[0]!), rowsIndependent: await areIndependent(predictor, golden) }
}

/** Whether the rows have the same answers in one frame as alone; a single row is put beside itself. */
async function areIndependent(predictor: Predictor, golden: Golden): Promise<boolean> {
  const twice = <T>(values: readonly T[]): readonly T[] => (values.length === 1 ? [...values, ...values] : values)
  const together = { rows: twice(golden.rows), outputs: twice(golden.outputs), sources: twice(golden.sources) }
  const findings = await checkGolden(predictor, together, { tolerance: 1e-3 })
  return findings.length === 0
}

async function alone(predictor: Predictor, rows: readonly object[]): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (const row of rows) answers.push(...(await predictRows(predictor, [row as never])))
  return answers
}

/** Median milliseconds of one row in the graph and the steps around it, after the runs that warmed it up; fewer runs for slow models. */
async function measure(predictor: Predictor, row: object): Promise<number> {
  const times: number[] = []
  const end = performance.now() + 500
  while (times.length < 3 || (times.length < 21 && performance.now() < end)) {
    const builder = predictor.createBuilder()
    builder.appendRow(row)
    const { timings } = await predictor.predict(builder.build())
    times.push(timings.preprocessMs + timings.runMs + timings.postprocessMs)
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1]!
}

function rowsOf(definition: ModelDefinition, size: number): readonly object[] {
  const elements = Object.values(definition.input).reduce(
    (sum, field) => sum + (field.kind === 'tensor' ? elementCount(field.shape.map((known) => known ?? size)) : 1),
    0,
  )
  return examplesOf(definition, elements > largeRow ? 1 : 8, size) as readonly object[]
}
