import type { ErrorCode } from '../core/errors.js'
import type { Fields } from '../core/field.js'
import type { OutputOf, RowOf } from '../core/field-types.js'
import { rowOf } from '../core/frame-rows.js'
import type { RowIssue } from '../core/issue.js'
import { issueLabel } from '../core/issue.js'
import type { Prediction } from '../core/prediction.js'
import { hasFreeDimensions } from '../core/tensor-shape.js'
import type { PredictOptions, Predictor } from './predictor.js'

/** Why a row has no output. */
export interface AnswerError {
  readonly code: ErrorCode
  readonly message: string
  /** The field or check that failed; null where it is the whole row. */
  readonly field: string | null
}

/** One row's outcome: rows in, rows out. */
export interface Answer<O extends Fields = Fields> {
  /** Prediction id, under which outcomes are reported later. */
  readonly id: string
  /** Null when the row was refused; then `error` says why. */
  readonly output: OutputOf<O> | null
  /** `model`, `fallback:<name>`, `stored`, or `none` when the row was refused. */
  readonly source: string
  /** What was found about the row: `INPUT_RANGE:amount`, `DEADLINE`. */
  readonly codes: readonly string[]
  readonly error?: AnswerError
  /** The findings in full. */
  readonly issues: readonly RowIssue[]
  readonly model: string
  readonly version: string
  readonly digest: string
}

const none: readonly RowIssue[] = Object.freeze([])
const noCodes: readonly string[] = Object.freeze([])

/** The outcome of one row of a prediction; `output` are the output fields of the signature. */
export function answerOf<O extends Fields>(prediction: Prediction, row: number, output: O): Answer<O> {
  const { model } = prediction
  const issues = prediction.issues?.get(row) ?? none
  const source = prediction.sources[row]!
  const answer = {
    id: `${prediction.idPrefix}-${row}`,
    output: source === 0 ? null : (rowOf(prediction.frame, row, output) as OutputOf<O>),
    source: prediction.sourceNames[source]!,
    codes: issues.length === 0 ? noCodes : issues.map((issue) => issueLabel(issue)),
    issues,
    model: model.name,
    version: model.version,
    digest: model.digest,
  }
  return source === 0 ? { ...answer, error: errorOf(issues) } : answer
}

/** The finding that refused the row. */
function errorOf(issues: readonly RowIssue[]): AnswerError {
  const issue = issues.findLast((candidate) => candidate.action === 'reject' && candidate.code === 'FALLBACK_FAILED')
  const { code, message, field } = issue ?? issues.find((candidate) => candidate.action === 'reject') ?? unexplained
  return { code, message, field }
}

const unexplained: AnswerError = { code: 'INTERNAL', message: 'the row has no answer', field: null }

/** Every row of a prediction; see `answerOf`. */
export function answersOf<O extends Fields>(prediction: Prediction, output: O): Answer<O>[] {
  return Array.from({ length: prediction.length }, (_, row) => answerOf(prediction, row, output))
}

/** Rows in, rows out, in the same order. Rows whose tensors have free dimensions are run one by one, as one frame could not hold them. */
export async function predictRows<I extends Fields, O extends Fields>(
  predictor: Predictor<I, O>,
  rows: readonly RowOf<I>[],
  options: PredictOptions = {},
): Promise<Answer<O>[]> {
  const { input, output } = predictor.definition
  const single = rows.length > 1 && (hasFreeDimensions(input) || hasFreeDimensions(output))
  const groups = single ? rows.map((row) => [row]) : [rows]
  const answers: Answer<O>[] = []
  for (const group of groups) {
    const builder = predictor.createBuilder()
    for (const row of group) builder.appendRow(row)
    answers.push(...answersOf(await predictor.predict(builder.build(), options), output))
  }
  return answers
}
