import { Buffer } from 'node:buffer'
import type { Data, DataType } from 'apache-arrow'
import { isBigInt } from '../../core/dtype.js'
import type { Column } from '../../core/frame.js'
import { bfloat16ToNumber, float16ToNumber } from '../../core/half.js'
import { valueText } from '../../core/json-writer.js'
import type { OutputColumn, RepeatedTexts } from '../../core/table.js'
import { elementCount } from '../../core/tensor.js'
import type { Arrow } from './load-arrow.js'

/** A column of output as Arrow data of a type of `outputType`. */
export function outputData(arrow: Arrow, column: Column | RepeatedTexts, spec: OutputColumn, type: DataType): Data {
  if ('indices' in column) return repeatedData(arrow, column)
  const isTensor = spec.shape.length > 0
  // Rows of unlike shapes come as lists of lists.
  if (isTensor && column.dtype === 'object') return built(arrow, column.data as readonly unknown[], type)
  const length = column.data.length / Math.max(1, elementCount(column.shape))
  const elements = isTensor ? { ...column, validity: null } : column
  const rows = isTensor ? rowsOf(column, length) : length
  const nulls = nullsOf(column.validity, rows)
  if (!isTensor) return scalarData(arrow, elements, { type, length: rows, ...nulls })
  return listData(arrow, { column, type, shape: column.shape, lists: rows, nulls })
}

/** Tensors with an empty side have rows without elements. */
function rowsOf(column: Column, length: number): number {
  return elementCount(column.shape) === 0 ? (column.validity?.length ?? 0) : length
}

interface Nulls {
  readonly nullCount: number
  readonly nullBitmap?: Uint8Array
}

function nullsOf(validity: Uint8Array | null, length: number): Nulls {
  if (validity === null) return { nullCount: 0 }
  const nullBitmap = new Uint8Array((length + 7) >> 3)
  let nullCount = 0
  for (let i = 0; i < length; i++) {
    if (validity[i] === 0) nullCount++
    else nullBitmap[i >> 3]! |= 1 << (i & 7)
  }
  return { nullCount, nullBitmap }
}

interface Lists {
  readonly column: Column
  readonly type: DataType
  readonly shape: readonly number[]
  readonly lists: number
  readonly nulls: Nulls
}

function listData(arrow: Arrow, { column, type, shape, lists, nulls }: Lists): Data {
  const [size = 0, ...inner] = shape
  const valueOffsets = Int32Array.from({ length: lists + 1 }, (_, i) => i * size)
  const element = type.children[0]!.type as DataType
  const child =
    inner.length === 0
      ? scalarData(arrow, column, { type: element, length: lists * size, nullCount: 0 })
      : listData(arrow, { column, type: element, shape: inner, lists: lists * size, nulls: { nullCount: 0 } })
  return arrow.makeData({ type: type as never, length: lists, ...nulls, valueOffsets, child } as never) as Data
}

interface Scalars extends Nulls {
  readonly type: DataType
  readonly length: number
}

function scalarData(arrow: Arrow, { dtype, data }: Column, scalars: Scalars): Data {
  if (dtype === 'string') return textData(arrow, data as readonly string[], scalars)
  if (dtype === 'object')
    return textData(
      arrow,
      (data as readonly unknown[]).map((value) => valueText(value, 'null')),
      scalars,
    )
  return arrow.makeData({ ...scalars, data: storedAs(arrow, dtype, data as Float64Array, scalars.type) } as never) as Data
}

/** Elements as the type stores them. */
function storedAs(arrow: Arrow, dtype: Column['dtype'], data: Float64Array, type: DataType): ArrayLike<number | bigint> {
  const { DataType: Kind } = arrow
  if (Kind.isTimestamp(type)) return BigInt64Array.from(data, (ms) => (Number.isFinite(ms) ? BigInt(Math.round(ms * 1000)) : 0n))
  if (Kind.isBool(type)) return packed(data as unknown as Uint8Array)
  if (dtype === 'float16') return Float32Array.from(data, float16ToNumber)
  if (dtype === 'bfloat16') return Float32Array.from(data, bfloat16ToNumber)
  if (data instanceof type.ArrayType) return data
  if (Kind.isInt(type) && type.bitWidth === 64 && !isBigInt(dtype as 'int32'))
    return BigInt64Array.from(Array.from(data, (value) => BigInt(value)))
  return (type.ArrayType as Int32ArrayConstructor).from(data)
}

function packed(bits: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((bits.length + 7) >> 3)
  for (let i = 0; i < bits.length; i++) if (bits[i] !== 0) bytes[i >> 3]! |= 1 << (i & 7)
  return bytes
}

function textData(arrow: Arrow, texts: readonly string[], { length, ...nulls }: Omit<Scalars, 'type'>): Data {
  const valueOffsets = new Int32Array(length + 1)
  let total = 0
  for (let i = 0; i < length; i++) valueOffsets[i + 1] = total += Buffer.byteLength(texts[i]!)
  const data = Buffer.allocUnsafeSlow(total)
  for (let i = 0; i < length; i++) data.write(texts[i]!, valueOffsets[i]!)
  return arrow.makeData({ type: new arrow.Utf8(), length, ...nulls, valueOffsets, data })
}

function repeatedData(arrow: Arrow, { values, indices }: RepeatedTexts): Data {
  const { length } = indices
  if (length > 0 && isOneText(indices)) return sameData(arrow, values[indices[0]!]!, length)
  const bytes = values.map((value) => Buffer.from(value ?? ''))
  const valueOffsets = new Int32Array(length + 1)
  let total = 0
  for (let i = 0; i < length; i++) valueOffsets[i + 1] = total += bytes[indices[i]!]!.length
  const data = new Uint8Array(total)
  for (let i = 0; i < length; i++) {
    const text = bytes[indices[i]!]!
    if (text.length > 0) data.set(text, valueOffsets[i])
  }
  const validity = values.includes(null) ? Uint8Array.from(indices, (index) => (values[index] === null ? 0 : 1)) : null
  return arrow.makeData({ type: new arrow.Utf8(), length, ...nullsOf(validity, length), valueOffsets, data })
}

/** All elements are one when all but the last are all but the first. */
function isOneText({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT }: RepeatedTexts['indices']): boolean {
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  return bytes.subarray(BYTES_PER_ELEMENT).equals(bytes.subarray(0, byteLength - BYTES_PER_ELEMENT))
}

function sameData(arrow: Arrow, value: string | null, length: number): Data {
  const text = Buffer.from(value ?? '')
  const valueOffsets = new Int32Array(length + 1)
  if (text.length > 0) for (let i = 1; i <= length; i++) valueOffsets[i] = i * text.length
  const nulls = value === null ? { nullCount: length, nullBitmap: new Uint8Array((length + 7) >> 3) } : { nullCount: 0 }
  return arrow.makeData({ type: new arrow.Utf8(), length, ...nulls, valueOffsets, data: Buffer.alloc(text.length * length, text) })
}

function built(arrow: Arrow, values: readonly unknown[], type: DataType): Data {
  const builder = arrow.makeBuilder({ type, nullValues: [null, undefined] })
  for (const value of values) builder.append(value)
  return builder.finish().flush()
}
