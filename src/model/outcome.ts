import type { Frame } from '../core/frame.js'
import type { IssueLog } from '../guardrails/issue-log.js'
import type { Fields } from '../core/field.js'
import { assemble, disagreeing } from './assemble.js'
import type { Part } from './isolate.js'

/** Sources by index: refused rows, rows that the model answered, then one each fallback. */
const noSource = 0
export const modelSource = 1
export const firstFallback = 2

/** What became of the rows of one frame so far. */
export class Outcome {
  readonly frame: Frame
  readonly log: IssueLog
  readonly sources: Uint8Array
  readonly #parts: Part[] = []

  constructor(frame: Frame, log: IssueLog) {
    this.frame = frame
    this.log = log
    this.sources = new Uint8Array(frame.length)
  }

  /** Rows that no finding keeps from the model; null for all. */
  runnable(): readonly number[] | null {
    const { log, frame } = this
    if (log.byRow === null) return null
    const kept = new Uint8Array(frame.length).fill(1)
    for (const row of log.byRow.keys()) if (log.verdict(row) !== 'warn') kept[row] = 0
    if (!kept.includes(0)) return null
    const rows: number[] = []
    for (let row = 0; row < kept.length; row++) if (kept[row] === 1) rows.push(row)
    return rows
  }

  /** Rows without an answer that their findings send to the fallback. */
  waiting(): readonly number[] {
    const { log, sources } = this
    if (log.byRow === null) return []
    return [...log.byRow.keys()].filter((row) => sources[row] === noSource && log.verdict(row) === 'fallback').toSorted((a, b) => a - b)
  }

  /** The rows of a part are answered by a source. */
  settle(source: number, part: Part): void {
    this.#parts.push(part)
    if (part.rows === null) this.sources.fill(source)
    else for (const row of part.rows) this.sources[row] = source
  }

  /** The output columns. Parts that no frame can hold together leave their rows without an answer. */
  assemble(output: Fields): Frame {
    const apart = new Set(disagreeing(this.#parts))
    for (const part of apart) {
      for (const row of part.rows ?? []) {
        const message = 'the output has another shape than that of the other rows; ask for it alone'
        this.log.add({ row, code: 'POSTPROCESS_FAILED', field: null, message, action: 'reject' })
        this.sources[row] = noSource
      }
    }
    return assemble(
      output,
      this.frame.length,
      this.#parts.filter((part) => !apart.has(part)),
    )
  }
}

/** 0, 1, … length - 1. */
export function indices(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}
