import type { ErrorCode } from '../core/errors.js'
import type { Prediction } from '../core/prediction.js'

/** How metrics sum a request up. */
export interface Outcome {
  /** OK when any row was answered, else the first reason why not. */
  readonly code: ErrorCode | 'OK'
  /** Of its rows; `mixed` when they differ. */
  readonly source: string
}

/** The outcome that every row of a prediction shares; null when they differ or some have issues. */
export function sharedOutcome(prediction: Prediction): Outcome | null {
  const { sources, issues, sourceNames } = prediction
  const first = sources[0]
  if (issues !== null || first === undefined || first === 0) return null
  for (let row = 1; row < prediction.length; row++) if (sources[row] !== first) return null
  return { code: 'OK', source: sourceNames[first] ?? 'model' }
}

/** The outcome of some rows of a prediction. */
export function outcomeOf(prediction: Prediction, start: number, count: number): Outcome {
  const sources = prediction.sources.subarray(start, start + count)
  const first = sources[0] ?? 0
  if (sources.some((source) => source !== first)) return { code: 'OK', source: 'mixed' }
  const source = prediction.sourceNames[first] ?? 'none'
  return { code: first === 0 ? refusalOf(prediction, start) : 'OK', source }
}

function refusalOf(prediction: Prediction, row: number): ErrorCode {
  const issues = prediction.issues?.get(row)
  return (issues?.find(({ action }) => action === 'reject') ?? issues?.[0])?.code ?? 'INTERNAL'
}
