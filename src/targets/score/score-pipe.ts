import type { Fields } from '../../core/field.js'
import type { RowPolicy } from '../../core/frame-builder.js'
import type { InputFrame } from '../../core/prediction.js'
import type { OutputBatch, OutputColumn } from '../../core/table.js'

/** What is read of each batch, and what is written for it. */
export interface ScorePlan {
  /** Inputs of the model, and how its rows are to be read. */
  readonly fields: Fields
  readonly policy: RowPolicy
  /** Columns of the input that are written as they are; `*` for all. */
  readonly pass: readonly string[] | '*'
  /** Columns that follow them. */
  readonly output: readonly OutputColumn[]
}

/** Rows that came together. */
export interface ScoreBatch {
  readonly length: number
  /** Rows that are none, and why: they are answered with ROW_MALFORMED. */
  readonly broken?: ReadonlyMap<number, string>
  /** How messages call the first row: `line 12`. */
  readonly place?: (row: number) => string
  /** Rows as the model takes them; what was asked for before still holds. */
  frame(start: number, count: number): InputFrame
  /** Writes the passed columns of the rows of `output`, then its own. Resolves when more may be written. */
  answer(output: OutputBatch): Promise<void>
}

/** Rows in, scored rows out: a port with one implementation each format. */
export interface ScorePipe {
  /** Names of the columns that come in; null where each row says for itself. */
  readonly columns: readonly string[] | null
  /** Called once, first. Rejects with SOURCE_SCHEMA when the input cannot be that of the model. */
  start(plan: ScorePlan): Promise<void>
  /** Batches in order; each is to be answered before the next. Rejects with SOURCE_INVALID. */
  batches(): AsyncIterable<ScoreBatch>
  /** Marks what came out as whole, where the format has a mark. */
  end(): Promise<void>
}
