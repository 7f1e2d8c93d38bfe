import type { Frame } from './frame.js'
import type { RowIssue } from './issue.js'

/** Rows ready for the predictor: rows with a `reject` issue hold placeholders and are not run. */
export interface InputFrame {
  readonly frame: Frame
  readonly issues: readonly RowIssue[]
}

/** Milliseconds spent in each of the six steps, for the whole frame. */
export interface StageTimings {
  readonly validateMs: number
  readonly gatherMs: number
  readonly preprocessMs: number
  readonly runMs: number
  readonly postprocessMs: number
  readonly returnMs: number
}

/** Which version answered. */
export interface ModelIdentity {
  readonly name: string
  /** Number in the registry, as text: "3". */
  readonly version: string
  /** Digest of the version manifest: `sha256:<hex>`. */
  readonly digest: string
}

/** What the predictor gives back for a frame: one outcome a row. */
export interface Prediction {
  readonly length: number
  /** Output columns. Rows whose source is `none` hold placeholders. */
  readonly frame: Frame
  /** The sources that occur; index 0 is always `none` (refused), 1 always `model`, then `fallback:<name>`, `stored`. */
  readonly sourceNames: readonly string[]
  /** One byte a row: index into `sourceNames`. */
  readonly sources: Uint8Array
  /** Issues by row; null when there is none at all. */
  readonly issues: ReadonlyMap<number, readonly RowIssue[]> | null
  /** Prediction id of row i is `${idPrefix}-${i}`. */
  readonly idPrefix: string
  readonly model: ModelIdentity
  readonly timings: StageTimings
}
