import { SlipwayError } from '../../core/errors.js'
import type { Column, Columns, Frame } from '../../core/frame.js'
import { concatFrames, selectRows } from '../../core/frame-ops.js'
import { plainAt } from '../../core/frame-rows.js'
import { issueLabel, type RowIssue } from '../../core/issue.js'
import type { Prediction } from '../../core/prediction.js'
import type { OutputBatch, RepeatedTexts } from '../../core/table.js'
import type { ScoreBatch } from './score-pipe.js'

/** What became of the rows of a batch: predictions of parts of it, one after another, as one. */
export interface MergedPrediction {
  readonly length: number
  readonly columns: Columns
  readonly sources: RepeatedTexts & { readonly indices: Uint8Array }
  readonly codes: RepeatedTexts
  readonly model: string
}

/** Puts the predictions of a batch together; at least one. */
export function mergePredictions(parts: readonly Prediction[], broken: ScoreBatch['broken']): MergedPrediction {
  const [first] = parts as [Prediction]
  const { columns, length } = mergeFrames(parts.map(({ frame }) => frame))
  return {
    length,
    columns,
    sources: { values: first.sourceNames, indices: parts.length === 1 ? first.sources : joinedSources(parts, length) },
    codes: codesOf(parts, broken, length),
    model: `${first.model.name}@${first.model.version}`,
  }
}

/** The columns to write, all rows or some of them. */
export function outputBatch(merged: MergedPrediction, names: readonly string[], kept: Uint32Array | null): OutputBatch {
  const { columns, sources, codes, model } = merged
  const length = kept?.length ?? merged.length
  const picked = kept === null ? columns : selectRows({ length: merged.length, columns }, kept).columns
  const pick = ({ values, indices }: RepeatedTexts): RepeatedTexts => ({
    values,
    indices: kept === null ? indices : Uint32Array.from(kept, (row) => indices[row]!),
  })
  return {
    length,
    rowNumbers: kept ?? ascending(length),
    columns: [...names.map((name) => picked[name]!), pick(sources), pick(codes), { values: [model], indices: new Uint8Array(length) }],
  }
}

function joinedSources(parts: readonly Prediction[], length: number): Uint8Array {
  const joined = new Uint8Array(length)
  let at = 0
  for (const { sources } of parts) {
    joined.set(sources, at)
    at += sources.length
  }
  return joined
}

function ascending(length: number): Uint32Array {
  const rows = new Uint32Array(length)
  for (let row = 0; row < length; row++) rows[row] = row
  return rows
}

function mergeFrames(frames: readonly Frame[]): Frame {
  try {
    return concatFrames(frames)
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'INPUT_SHAPE') throw error
    return unlike(frames)
  }
}

/** Rows whose tensors have unlike shapes: each as lists of lists. */
function unlike(frames: readonly Frame[]): Frame {
  const length = frames.reduce((sum, frame) => sum + frame.length, 0)
  const columns: Record<string, Column> = Object.create(null)
  for (const [name, { shape }] of Object.entries(frames[0]!.columns)) {
    const same = frames.every((frame) => frame.columns[name]!.shape.join() === shape.join())
    const own = frames.map((frame) => ({ length: frame.length, columns: { [name]: frame.columns[name]! } }))
    columns[name] = same ? concatFrames(own).columns[name]! : asLists(own, name)
  }
  return { length, columns }
}

function asLists(frames: readonly Frame[], name: string): Column<'object'> {
  const data = frames.flatMap((frame) => Array.from({ length: frame.length }, (_, row) => plainAt(frame.columns[name]!, row)))
  const absent = data.includes(null)
  return { dtype: 'object', shape: [], data, validity: absent ? Uint8Array.from(data, (value) => (value === null ? 0 : 1)) : null }
}

/** Index 0 is null: nothing was found. */
function codesOf(parts: readonly Prediction[], broken: ScoreBatch['broken'], length: number): RepeatedTexts {
  const indices = new Uint32Array(length)
  const values: (string | null)[] = [null]
  const known = new Map<string, number>()
  const note = (row: number, text: string): void => {
    let at = known.get(text)
    if (at === undefined) known.set(text, (at = values.push(text) - 1))
    indices[row] = at
  }
  let start = 0
  for (const { issues, length: rows } of parts) {
    for (const [row, found] of issues ?? []) if (found.length > 0) note(start + row, labelsOf(found))
    start += rows
  }
  for (const row of broken?.keys() ?? []) note(row, 'ROW_MALFORMED')
  return { values, indices }
}

function labelsOf(issues: readonly RowIssue[]): string {
  return issues.map((issue) => issueLabel(issue)).join(',')
}
