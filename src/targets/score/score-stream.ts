import { SlipwayError } from '../../core/errors.js'
import type { Prediction } from '../../core/prediction.js'
import { hasFreeDimensions } from '../../core/tensor-shape.js'
import { rowPolicyOf } from '../../model/guards.js'
import type { Predictor } from '../../model/predictor.js'
import { type MergedPrediction, mergePredictions, outputBatch } from './merge-predictions.js'
import { outputColumns, refuseTwins } from './output-layout.js'
import type { ScoreBatch, ScorePipe } from './score-pipe.js'

export interface ScoreOptions {
  readonly predictor: Predictor
  readonly pass: readonly string[] | '*'
  /** What happens to rows that are refused: null predictions, no row at all, or the end of the work (BAD_ROWS). */
  readonly bad: 'null' | 'drop' | 'fail'
  /** Rows that the model is given at once. */
  readonly batchRows: number
  /** Aborted when the work is to end after the batch under way. */
  readonly signal: AbortSignal
}

export interface ScoreCounts {
  readonly rows: number
  /** Rows without a prediction. */
  readonly refused: number
  /** Rows that a fallback answered. */
  readonly fallback: number
}

/**
 * Scores what comes out of a pipe, batch by batch, and marks the output as whole. The model's own deadline does not hold: nobody waits for a
 * single row. Rejects with what the pipe rejects with, BAD_ROWS, or the reason of the signal; the output is not marked then.
 */
export async function scoreStream(pipe: ScorePipe, options: ScoreOptions): Promise<ScoreCounts> {
  const { predictor, pass, bad, signal } = options
  const { definition } = predictor
  const output = outputColumns(definition.output)
  refuseTwins(pass === '*' ? (pipe.columns ?? []) : pass, output)
  await pipe.start({ fields: definition.input, policy: rowPolicyOf(definition), pass, output })
  const names = Object.keys(definition.output)
  const counts = { rows: 0, refused: 0, fallback: 0 }
  for await (const batch of pipe.batches()) {
    const merged = mergePredictions(await predictBatch(batch, options), batch.broken)
    const refused = count(merged, counts)
    if (refused > 0 && bad === 'fail') throw firstRefused(batch, merged)
    await batch.answer(outputBatch(merged, names, refused > 0 && bad === 'drop' ? answered(merged) : null))
    signal.throwIfAborted()
  }
  signal.throwIfAborted()
  await pipe.end()
  return counts
}

/** Rows whose tensors have free dimensions are run one by one, as one frame could not hold them. */
async function predictBatch(batch: ScoreBatch, { predictor, batchRows }: ScoreOptions): Promise<readonly Prediction[]> {
  const { input, output } = predictor.definition
  const size = hasFreeDimensions(input) || hasFreeDimensions(output) ? 1 : batchRows
  const parts: Prediction[] = []
  for (let start = 0; start < batch.length || start === 0; start += size) {
    const rows = Math.min(size, batch.length - start)
    parts.push(await predictor.predict(batch.frame(start, rows), { ignoreDeadline: true }))
  }
  return parts
}

/** Adds the rows of a batch to the counts; gives how many were refused. */
function count({ length, sources: { indices } }: MergedPrediction, counts: { -readonly [K in keyof ScoreCounts]: number }): number {
  let refused = 0
  let model = 0
  for (let row = 0; row < length; row++) {
    if (indices[row] === 0) refused++
    else if (indices[row] === 1) model++
  }
  counts.rows += length
  counts.refused += refused
  counts.fallback += length - refused - model
  return refused
}

function answered({ length, sources: { indices } }: MergedPrediction): Uint32Array {
  const rows: number[] = []
  for (let row = 0; row < length; row++) if (indices[row] !== 0) rows.push(row)
  return Uint32Array.from(rows)
}

function firstRefused(batch: ScoreBatch, { sources, codes }: MergedPrediction): SlipwayError {
  const row = sources.indices.indexOf(0)
  const place = batch.place?.(row) ?? `row ${row} of a batch`
  const reason = batch.broken?.get(row)
  return new SlipwayError(
    'BAD_ROWS',
    `${place} was refused (${codes.values[codes.indices[row]!]})${reason === undefined ? '' : `: ${reason}`}`,
  )
}
