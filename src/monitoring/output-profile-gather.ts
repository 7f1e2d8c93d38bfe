import type { Column } from '../core/frame.js'
import { bfloat16ToNumber, float16ToNumber } from '../core/half.js'
import type { CategoryCounter } from './output-profile-category.js'

/** One element of each row of those kept. */
export interface Selection {
  readonly rows: number
  /** The rows; null for all. */
  readonly keep: Uint32Array | null
  /** Elements of a row, and which of them. */
  readonly stride: number
  readonly element: number
}

/** Copies the finite numbers of a numeric column, one after another, as float64; gives how many there are. */
export function gatherNumbers(column: Column, selection: Selection, into: Float64Array): number {
  const { data, dtype } = column
  if (dtype === 'int64' || dtype === 'uint64') return gatherWide(column as Column<'int64' | 'uint64'>, selection, into)
  if (dtype === 'float16') return gather(data as Uint16Array, column, selection, into, float16ToNumber)
  if (dtype === 'bfloat16') return gather(data as Uint16Array, column, selection, into, bfloat16ToNumber)
  return gather(data as Float64Array, column, selection, into, null)
}

/** Adds the values of a column of texts or booleans. */
export function countValues(column: Column, { rows, keep, stride, element }: Selection, counter: CategoryCounter): void {
  const { data, validity, dtype } = column
  let missing = 0
  let yes = 0
  for (let i = 0; i < rows; i++) {
    const row = keep === null ? i : keep[i]!
    if (validity !== null && validity[row] === 0) missing++
    else if (dtype === 'bool') yes += (data as Uint8Array)[row * stride + element]!
    else counter.add((data as string[])[row * stride + element]!)
  }
  counter.addMissing(missing)
  if (dtype !== 'bool') return
  if (yes > 0) counter.add('true', yes)
  if (rows - missing > yes) counter.add('false', rows - missing - yes)
}

function gather(
  data: Float64Array | Uint16Array,
  { validity }: Column,
  { rows, keep, stride, element }: Selection,
  into: Float64Array,
  convert: ((raw: number) => number) | null,
): number {
  let found = 0
  for (let i = 0; i < rows; i++) {
    const row = keep === null ? i : keep[i]!
    if (validity !== null && validity[row] === 0) continue
    const raw = data[row * stride + element]!
    const value = convert === null ? raw : convert(raw)
    // Neither NaN nor infinite.
    if (value - value === 0) into[found++] = value
  }
  return found
}

const lowerHalf = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1

/** 64-bit integers by their halves: a bigint for each would cost more than all the rest. */
function gatherWide(column: Column<'int64' | 'uint64'>, { rows, keep, stride, element }: Selection, into: Float64Array): number {
  const { data, validity, dtype } = column
  const halves = new Int32Array(data.buffer, data.byteOffset, data.length * 2)
  let found = 0
  for (let i = 0; i < rows; i++) {
    const row = keep === null ? i : keep[i]!
    if (validity !== null && validity[row] === 0) continue
    const at = 2 * (row * stride + element)
    const upper = halves[at + 1 - lowerHalf]!
    into[found++] = (dtype === 'int64' ? upper : upper >>> 0) * 2 ** 32 + (halves[at + lowerHalf]! >>> 0)
  }
  return found
}
