import type { DType, TensorData } from '../core/dtype.js'
import { isFloat } from '../core/dtype.js'
import type { TensorField } from '../core/field.js'
import { bfloat16ToNumber, float16ToNumber } from '../core/half.js'
import { elementCount } from '../core/tensor.js'
import type { Finding, FrameCheck, Subject } from './check.js'
import { excused, note } from './check.js'
import { showRange, showValue } from './show-value.js'

const sumTolerance = 1e-3

/** Range and finiteness of every element of a `tensor`; null when every element passes. */
export function elementsCheck(subject: Subject<TensorField>): FrameCheck | null {
  const { name, field, codes } = subject
  const { min, max, dtype } = field
  const finite = isFloat(dtype) && field.allowNonFinite !== true
  if (dtype === 'string' || (min === undefined && max === undefined && !finite)) return null
  const limit = finite ? Number.MAX_VALUE : Infinity
  const low = Math.max(min ?? -limit, -limit)
  const high = Math.min(max ?? limit, limit)
  const read = elementReader(dtype)
  const find = dtype === 'float16' || dtype === 'bfloat16' ? findHalf(read) : findOutside
  const expected = `${finite ? 'finite ' : ''}elements${showRange(min, max, field.unit)}`

  function judge(value: number | bigint, where: string): Finding | null {
    if (Number.isNaN(value) && !finite) return null
    const code = finite && typeof value === 'number' && !Number.isFinite(value) ? codes.finite : codes.range
    return { code, expected, received: `${showValue(value)} at ${where}` }
  }

  return (frame, log) => {
    const column = frame.columns[name]!
    const size = elementCount(column.shape)
    const data = column.data as TensorData
    const end = frame.length * size
    for (let index = find(data, { start: 0, end, low, high }); index < end;) {
      const row = Math.floor(index / size)
      const finding = excused(column, log, name, row) ? null : judge(read(data, index), placeOf(column.shape, index - row * size))
      if (finding !== null) note(log, subject, row, finding)
      index = find(data, { start: finding === null ? index + 1 : (row + 1) * size, end, low, high })
    }
  }
}

/** Rows whose elements do not sum to what the signature says; null when it says nothing. */
export function sumCheck(subject: Subject<TensorField>): FrameCheck | null {
  const { name, field } = subject
  const { sum, dtype } = field
  if (sum === undefined || dtype === 'string') return null
  const read = elementReader(dtype)
  return (frame, log) => {
    const column = frame.columns[name]!
    const size = elementCount(column.shape)
    const data = column.data as TensorData
    for (let row = 0; row < frame.length; row++) {
      let total = 0
      for (let index = row * size; index < (row + 1) * size; index++) total += Number(read(data, index))
      if (Math.abs(total - sum) <= sumTolerance || excused(column, log, name, row)) continue
      note(log, subject, row, { code: 'OUTPUT_SUM', expected: `elements that sum to ${sum}`, received: `a sum of ${total}` })
    }
  }
}

interface Stretch {
  readonly start: number
  readonly end: number
  readonly low: number
  readonly high: number
}

/** First element of a stretch outside its bounds, or `end`. Kept apart and tight: images have many elements. */
function findOutside(data: TensorData, { start, end, low, high }: Stretch): number {
  const elements = data as Float32Array
  for (let index = start; index < end; index++) {
    const value = elements[index]!
    if (!(value >= low && value <= high)) return index
  }
  return end
}

function findHalf(read: ElementReader): typeof findOutside {
  return (data, { start, end, low, high }) => {
    for (let index = start; index < end; index++) {
      const value = read(data, index)
      if (!(value >= low && value <= high)) return index
    }
    return end
  }
}

type ElementReader = (data: TensorData, index: number) => number | bigint

function elementReader(dtype: DType): ElementReader {
  if (dtype === 'float16') return (data, index) => float16ToNumber((data as Uint16Array)[index]!)
  if (dtype === 'bfloat16') return (data, index) => bfloat16ToNumber((data as Uint16Array)[index]!)
  return (data, index) => (data as Float32Array)[index]!
}

/** `[2,0]`: where in its row an element stands. */
function placeOf(shape: readonly number[], offset: number): string {
  const place: number[] = []
  for (const size of shape.toReversed()) {
    place.unshift(offset % size)
    offset = Math.floor(offset / size)
  }
  return `[${place.join(',')}]`
}
