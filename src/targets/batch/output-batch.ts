import type { Column, Columns, Frame } from '../../core/frame.js'
import { columnsOf, selectRows } from '../../core/frame-ops.js'
import { issueLabel, type RowIssue } from '../../core/issue.js'
import type { Prediction } from '../../core/prediction.js'
import type { OutputBatch, RepeatedTexts } from '../../core/table.js'
import type { OutputLayout } from './output-layout.js'

export interface ScoredChunk {
  readonly prediction: Prediction
  readonly carry: Columns
  /** Number inside the partition of each row. */
  readonly rowNumbers: Uint32Array
  /** Rows that have an answer; null for all. */
  readonly answered: Uint32Array | null
}

/** The rows of a scored chunk that have an answer, as they are written. `own`: nothing of it is a view that the next chunk overwrites. */
export function outputBatch(chunk: ScoredChunk, layout: OutputLayout, own: boolean): OutputBatch {
  const { prediction, answered } = chunk
  const length = answered?.length ?? prediction.length
  const carried = pick({ length: prediction.length, columns: chunk.carry }, layout.carried, answered)
  const outputs = pick(prediction.frame, layout.outputs, answered)
  return {
    length,
    rowNumbers: answered === null ? chunk.rowNumbers : answered.map((row) => chunk.rowNumbers[row]!),
    columns: [
      ...(own && answered === null ? carried.map(copy) : carried),
      ...outputs,
      sourcesOf(prediction, answered),
      codesOf(prediction, answered, length),
      { values: [`${prediction.model.name}@${prediction.model.version}`], indices: new Uint8Array(length) },
    ],
  }
}

function pick(frame: Frame, names: readonly string[], rows: Uint32Array | null): readonly Column[] {
  if (names.length === 0) return []
  const columns = columnsOf(names.map((name) => [name, frame.columns[name]!]))
  const picked = rows === null ? columns : selectRows({ length: frame.length, columns }, rows).columns
  return names.map((name) => picked[name]!)
}

function copy(column: Column): Column {
  return { ...column, data: column.data.slice(), validity: column.validity?.slice() ?? null }
}

function sourcesOf({ sources, sourceNames }: Prediction, rows: Uint32Array | null): RepeatedTexts {
  const indices = rows === null ? sources.slice() : Uint8Array.from(rows, (row) => sources[row]!)
  return { values: sourceNames, indices }
}

/** Index 0 is null: no codes. */
function codesOf({ issues }: Prediction, rows: Uint32Array | null, length: number): RepeatedTexts {
  const indices = new Uint32Array(length)
  const values: (string | null)[] = [null]
  if (issues === null) return { values, indices }
  const known = new Map<string, number>()
  const codeOf = (found: readonly RowIssue[]): number => {
    const text = labelsOf(found)
    const at = known.get(text) ?? values.push(text) - 1
    known.set(text, at)
    return at
  }
  if (rows === null) {
    for (const [row, found] of issues) if (found.length > 0) indices[row] = codeOf(found)
    return { values, indices }
  }
  for (let i = 0; i < length; i++) {
    const found = issues.get(rows[i]!)
    if (found !== undefined && found.length > 0) indices[i] = codeOf(found)
  }
  return { values, indices }
}

/** The codes of a row as one text: `INPUT_RANGE:amount,DEADLINE`. */
export function labelsOf(issues: readonly RowIssue[]): string {
  return issues.map((issue) => issueLabel(issue)).join(',')
}
