import type { Data, DataType, Decimal, Timestamp } from 'apache-arrow'
import type { DType } from '../../core/dtype.js'
import { allocate } from '../../core/dtype.js'
import { copyElements } from '../../core/element-buffer.js'
import type { Field, TensorField } from '../../core/field.js'
import type { Column } from '../../core/frame.js'
import { elementCount } from '../../core/tensor.js'
import { canWiden, widen } from '../../core/widen.js'
import type { Arrow } from './load-arrow.js'
import { dateAt, listRange } from './plain-value.js'
import { bitAt, decimalAt, dtypeOf, elementsAt, fillDoubles, isNull, timestampAt } from './primitive-values.js'
import { isText, textsAt } from './text-values.js'

/** Rows of an Arrow column in the storage of a field. */
interface Taken {
  /** May be a view of the stream's own bytes. */
  readonly data: Column['data']
  /** Rows besides the absent ones that have to go through the builder of the signature, which says what is wrong with them; ascending. */
  readonly odd: readonly number[]
}

/** Takes rows `start` to `start + count` over, whole columns at a time. What it gives for absent rows means nothing. */
export type TakeValues = (data: Data, start: number, count: number) => Taken

/** How the columns of a type are taken over as a field; null where each value has to be looked at by itself. */
export function takeValues(arrow: Arrow, field: Field, type: DataType): TakeValues | null {
  if (field.schema !== null) return null
  switch (field.kind) {
    case 'number':
      return takeNumbers(arrow, type)
    case 'integer':
      return takeIntegers(arrow, field.dtype, type)
    case 'category':
    case 'text':
      return isText(arrow, type) ? (data, start, count) => takeTexts(textsAt(arrow, data, start, count)) : null
    case 'boolean':
      return arrow.DataType.isBool(type) ? takeBits : null
    case 'timestamp':
      return takeTimes(arrow, type)
    case 'tensor':
      return takeTensors(arrow, field, type)
    case 'schema':
      return null
  }
}

const none: readonly number[] = Object.freeze([])

function takeNumbers(arrow: Arrow, type: DataType): TakeValues | null {
  const dtype = dtypeOf(arrow, type)
  if (dtype === 'float64') return (data, start, count) => ({ data: elementsAt(data, start, count), odd: none })
  if (dtype !== null) return takeDoubles(dtype)
  if (!arrow.DataType.isDecimal(type)) return null
  return each((data, row) => decimalAt(data as Data<Decimal>, row))
}

/** Each batch is answered before the next is read: they may share their storage, in which every row has its place. */
function takeDoubles(dtype: DType): TakeValues {
  let storage = new Float64Array(0)
  return (data, start, count) => {
    if (storage.length < data.length) storage = new Float64Array(data.length)
    const values = elementsAt(data, start, count)
    const doubles = storage.subarray(start, start + values.length)
    fillDoubles(doubles, values, dtype)
    return { data: doubles, odd: none }
  }
}

function takeIntegers(arrow: Arrow, to: DType, type: DataType): TakeValues | null {
  const from = dtypeOf(arrow, type)
  if (from === null || from.startsWith('float') || !canWiden(from, to)) return null
  return (data, start, count) => ({ data: widen(elementsAt(data, start, count), from, to), odd: none })
}

/** A text with a NUL is refused by the builder. */
function takeTexts(texts: string[]): Taken {
  const odd: number[] = []
  for (let i = 0; i < texts.length; i++) if (texts[i]!.includes('\u0000')) odd.push(i)
  return { data: texts, odd }
}

function takeBits(data: Data, start: number, count: number): Taken {
  const bits = new Uint8Array(count)
  for (let i = 0; i < count; i++) bits[i] = bitAt(data, start + i)
  return { data: bits, odd: none }
}

/** What a Date can hold, in milliseconds from the epoch; what lies beyond is refused by the builder. */
const farthest = 8.64e15

function takeTimes(arrow: Arrow, type: DataType): TakeValues | null {
  if (arrow.DataType.isTimestamp(type)) return each((data, row) => timestampAt(data as Data<Timestamp>, row), farthest)
  return arrow.DataType.isDate(type) ? each(dateAt, farthest) : null
}

function each(valueAt: (data: Data, row: number) => number, limit = Infinity): TakeValues {
  return (data, start, count) => {
    const values = new Float64Array(count)
    const odd: number[] = []
    for (let i = 0; i < count; i++) {
      values[i] = valueAt(data, start + i)
      if (Math.abs(values[i]!) > limit) odd.push(i)
    }
    return { data: values, odd }
  }
}

/** Lists of as many elements as the tensor has, whose element type it holds; nested lists of fixed size, or one flat list. */
function takeTensors(arrow: Arrow, field: TensorField, type: DataType): TakeValues | null {
  const { shape, dtype: to } = field
  if (shape.length === 0 || shape.includes(null)) return null
  const size = elementCount(shape as readonly number[])
  const element = innermost(arrow, type)
  const from = dtypeOf(arrow, element.type)
  if (element.depth === 0 || from === null || !canWiden(from, to)) return null
  if (element.depth > 1 && element.fixed?.join() !== shape.join()) return null
  return (data, start, count) => {
    const deepest = deepestOf(data, element.depth)
    if (deepest.nullCount > 0) return { data: allocate(to, count * size), odd: rows(count) }
    if (element.fixed !== null && elementCount(element.fixed) === size) {
      return { data: widen(elementsAt(deepest, start * size, count * size), from, to), odd: none }
    }
    return gathered(arrow, data, { start, count, size, from, to })
  }
}

interface Gather {
  readonly start: number
  readonly count: number
  readonly size: number
  readonly from: DType
  readonly to: DType
}

/** Lists of any length: those of the right one lie behind one another where no row is absent or odd. */
function gathered(arrow: Arrow, data: Data, { start, count, size, from, to }: Gather): Taken {
  const child = data.children[0]!
  const odd: number[] = []
  const first = listRange(arrow, data, start)?.start ?? 0
  let straight = true
  for (let i = 0; i < count; i++) {
    const range = listRange(arrow, data, start + i)!
    if (range.length !== size || range.start !== first + i * size) straight = false
    if (range.length !== size && !isNull(data, start + i)) odd.push(i)
  }
  if (straight) return { data: widen(elementsAt(child, first, count * size), from, to), odd }
  const values = allocate(from, count * size)
  for (let i = 0; i < count; i++) {
    const range = listRange(arrow, data, start + i)!
    if (range.length === size) copyElements(child.values as object, range.start, values as object, i * size, size)
  }
  return { data: widen(values, from, to), odd }
}

interface Innermost {
  readonly type: DataType
  readonly depth: number
  /** Sizes of lists that all have a fixed one; null where one has not. */
  readonly fixed: readonly number[] | null
}

function innermost(arrow: Arrow, type: DataType): Innermost {
  const { DataType: Kind } = arrow
  const isFixed = Kind.isFixedSizeList(type)
  if (!isFixed && !Kind.isList(type) && !Kind.isLargeList(type)) return { type, depth: 0, fixed: [] }
  const inner = innermost(arrow, type.children[0]!.type as DataType)
  const fixed = isFixed && inner.fixed !== null ? [type.listSize, ...inner.fixed] : null
  return { type: inner.type, depth: inner.depth + 1, fixed }
}

function deepestOf(data: Data, depth: number): Data {
  return depth === 0 ? data : deepestOf(data.children[0]!, depth - 1)
}

function rows(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
