import { isElementList } from '../../core/nested-values.js'
import type { CarriedColumn } from './carry-plan.js'
import type { Cells } from './cells.js'
import type { InputSource } from './input-plan.js'
import type { Piece } from './input-columns.js'
import type { CellKind, Selected } from './selection.js'

/** Rows of a chunk that came from one chunk of the engine. */
export interface HeldPiece {
  readonly cells: readonly Cells[]
  readonly piece: Piece
}

/** Which result columns hold what. */
export interface RecordColumns {
  readonly inputs: readonly InputSource[]
  readonly inputAt: readonly (number | null)[]
  readonly carried: readonly CarriedColumn[]
  readonly carriedAt: readonly number[]
}

/**
 * A row as an object by column of the file: its inputs and carried columns, in values that JSON can write. Times are ISO 8601; integers that a
 * number would not hold and numbers that are not finite are texts.
 */
export function recordOf(row: number, held: readonly HeldPiece[], columns: RecordColumns): Readonly<Record<string, unknown>> {
  const found = held.find(({ piece }) => row >= piece.at && row < piece.at + piece.count)
  const entries: [string, unknown][] = []
  if (found === undefined) return {}
  const at = row - found.piece.at + found.piece.start
  const add = (column: string, position: number, { kind }: Selected): void => {
    const cells = found.cells[position]!
    entries.push([column, cells.valid?.[at] === 0 ? null : plain(cells.value(at), kind)])
  }
  for (const [i, { name, selected }] of columns.carried.entries()) add(name, columns.carriedAt[i]!, selected)
  for (const [i, { column, selected }] of columns.inputs.entries()) {
    if (column !== null && selected !== null) add(column, columns.inputAt[i]!, selected)
  }
  return Object.fromEntries(entries)
}

/** Farthest time of a Date, in milliseconds. */
const farthest = 8.64e15

function plain(value: unknown, kind: CellKind): unknown {
  if (kind === 'times' && Math.abs(value as number) <= farthest) return new Date(value as number).toISOString()
  if (kind === 'json') return parsed(value as string)
  return plainValue(value)
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  return isElementList(value) ? Array.from(value, plainValue) : value
}

/** NaN and infinities make JSON text that only some read; it is kept as a text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
