import { allocate } from './dtype.js'
import { copyElements, viewElements } from './element-buffer.js'
import { SlipwayError } from './errors.js'
import type { Column, Columns, Frame } from './frame.js'
import { rowRuns } from './row-runs.js'
import { elementCount } from './tensor.js'

/** A record of columns with a null prototype, so that `__proto__` is a name like any other. */
export function columnsOf(entries: Iterable<readonly [string, Column]> | Readonly<Record<string, Column>>): Columns {
  const columns = Object.create(null) as Record<string, Column>
  const pairs = Symbol.iterator in entries ? entries : Object.entries(entries)
  for (const [name, column] of pairs) columns[name] = column
  return columns
}

/** Rows `start` to `start + count`, typed arrays as views. */
export function sliceRows(frame: Frame, start: number, count: number): Frame {
  if (start === 0 && count === frame.length) return frame
  return mapColumns(frame, count, (column) => {
    const size = elementCount(column.shape)
    const data = viewElements(column.data, start * size, (start + count) * size)
    return { ...column, data, validity: compact(column.validity?.subarray(start, start + count) ?? null) }
  })
}

/** The rows at `indices`, in that order, copied. */
export function selectRows(frame: Frame, indices: ArrayLike<number>): Frame {
  const runs = rowRuns(indices)
  if (runs !== null) return selectRuns(frame, runs, indices.length)
  return mapColumns(frame, indices.length, (column) => {
    const size = elementCount(column.shape)
    const data = allocateData(column.dtype, indices.length * size)
    const validity = column.validity === null ? null : new Uint8Array(indices.length)
    for (let i = 0; i < indices.length; i++) {
      const row = indices[i]!
      if (size === 1) (data as unknown[])[i] = column.data[row]
      else copyElements(column.data, row * size, data, i * size, size)
      if (validity !== null) validity[i] = column.validity![row]!
    }
    return { ...column, data, validity: compact(validity) }
  })
}

function selectRuns(frame: Frame, runs: Int32Array, length: number): Frame {
  return mapColumns(frame, length, (column) => {
    const size = elementCount(column.shape)
    const data = allocateData(column.dtype, length * size)
    const validity = column.validity === null ? null : new Uint8Array(length)
    for (let run = 0, at = 0; run < runs.length; run += 2) {
      const [start, count] = [runs[run]!, runs[run + 1]!]
      copyElements(column.data, start * size, data, at * size, count * size)
      validity?.set(column.validity!.subarray(start, start + count), at)
      at += count
    }
    return { ...column, data, validity: compact(validity) }
  })
}

/** The rows of frames one after another. They must have the same columns, dtypes and shapes; INPUT_SHAPE or INPUT_DATATYPE when not. */
export function concatFrames(frames: readonly Frame[]): Frame {
  const first = frames[0]
  if (first === undefined) return { length: 0, columns: columnsOf([]) }
  if (frames.length === 1) return first
  const length = frames.reduce((sum, frame) => sum + frame.length, 0)
  const names = Object.keys(first.columns)
  return { length, columns: columnsOf(names.map((name) => [name, concatColumn(name, frames, length)])) }
}

function concatColumn(name: string, frames: readonly Frame[], length: number): Column {
  const first = frames[0]!.columns[name]!
  const size = elementCount(first.shape)
  const data = allocateData(first.dtype, length * size)
  let validity: Uint8Array | null = null
  let row = 0
  for (const frame of frames) {
    const column = alike(name, first, frame.columns[name])
    copyElements(column.data, 0, data, row * size, frame.length * size)
    if (column.validity !== null) {
      validity ??= new Uint8Array(length).fill(1)
      validity.set(column.validity, row)
    }
    row += frame.length
  }
  return { dtype: first.dtype, shape: first.shape, data, validity: compact(validity) }
}

function alike(name: string, first: Column, column: Column | undefined): Column {
  if (column?.dtype !== first.dtype) {
    throw new SlipwayError(
      'INPUT_DATATYPE',
      `expected ${first.dtype} for \`${name}\` in every frame, received ${column?.dtype ?? 'nothing'}`,
    )
  }
  if (column.shape.join() !== first.shape.join()) throw new SlipwayError('INPUT_SHAPE', `the rows of \`${name}\` differ in shape`)
  return column
}

/** Frames of one signature can be joined when this is equal: it tells the shapes of their tensors. */
export function shapeKey(frame: Frame): string {
  let key = ''
  for (const name in frame.columns) {
    const { shape } = frame.columns[name]!
    if (shape.length > 0) key += `${JSON.stringify(name)}:${shape.join()};`
  }
  return key
}

function mapColumns(frame: Frame, length: number, change: (column: Column) => Column): Frame {
  const entries = Object.entries(frame.columns).map(([name, column]) => [name, change(column)] as const)
  return { length, columns: columnsOf(entries) }
}

function allocateData(dtype: Column['dtype'], length: number): Column['data'] {
  return dtype === 'object' ? Array.from({ length }, () => null) : allocate(dtype, length)
}

/** No validity where every row is valid. */
function compact(validity: Uint8Array | null): Uint8Array | null {
  return validity?.includes(0) === true ? validity : null
}
