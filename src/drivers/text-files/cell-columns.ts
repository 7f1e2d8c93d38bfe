import { cellValue, elementOf } from '../../core/csv-cell.js'
import { allocate, type DType } from '../../core/dtype.js'
import type { Field, IntegerDType } from '../../core/field.js'
import type { Column } from '../../core/frame.js'
import { parseIsoTime } from '../../core/iso-time.js'

/** How the cells of one column become numbers. */
export interface NumberRule {
  /** Inclusive bounds of what may be stored; NaN and infinities are beyond them unless `convert` gives them. */
  readonly low: number
  readonly high: number
  readonly whole: boolean
  /** Whether a plain decimal number is always a value. */
  readonly direct: boolean
  /** What the text of any cell stands for: null is absent, undefined is for the frame builder to judge. */
  convert(cell: string): number | null | undefined
}

const float32 = 3.402_823_567_797_336e38
const ranges: Readonly<Record<IntegerDType, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
  uint64: [0, Number.MAX_SAFE_INTEGER],
}
const finite = { low: -Number.MAX_VALUE, high: Number.MAX_VALUE, whole: false, direct: true }

/** The rule of a field that is stored as numbers; null for any other, and for one whose Standard Schema wants to see the values. */
export function numberRule(field: Field): NumberRule | null {
  if (field.schema !== null) return null
  switch (field.kind) {
    case 'number':
      return { ...finite, convert: (cell) => numeric(cellValue(cell, field)) }
    case 'integer': {
      const [low, high] = ranges[field.dtype]
      return { low, high, whole: true, direct: true, convert: (cell) => wholeWithin(cellValue(cell, field), low, high) }
    }
    case 'timestamp':
      return { low: -8.64e15, high: 8.64e15, whole: false, direct: true, convert: (cell) => timeOf(cellValue(cell, field)) }
    case 'boolean':
      return { ...finite, direct: false, convert: (cell) => truthOf(cellValue(cell, field)) }
    case 'tensor':
      return elementRule(field)
    case 'category':
    case 'text':
    case 'schema':
      return null
  }
}

function elementRule(field: Field): NumberRule | null {
  if (field.dtype !== 'float32' && field.dtype !== 'float64') return null
  const high = field.dtype === 'float32' ? float32 : Number.MAX_VALUE
  return {
    low: -high,
    high,
    whole: false,
    direct: true,
    convert(cell) {
      const value = elementOf(cell, field)
      // A finite number beyond float32 is for the frame builder to refuse.
      return typeof value === 'number' && !(Number.isFinite(value) && Math.abs(value) > high) ? value : undefined
    },
  }
}

function numeric(value: unknown): number | null | undefined {
  return typeof value === 'number' || value === null ? value : undefined
}

function wholeWithin(value: unknown, low: number, high: number): number | null | undefined {
  if (value === null) return null
  const number = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN
  return Number.isInteger(number) && number >= low && number <= high ? number : undefined
}

function timeOf(value: unknown): number | null | undefined {
  if (value === null) return null
  const time = typeof value === 'string' ? parseIsoTime(value) : value
  return typeof time === 'number' && Math.abs(time) <= 8.64e15 ? time : undefined
}

function truthOf(value: unknown): number | null | undefined {
  return typeof value === 'boolean' ? Number(value) : value === null ? null : undefined
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
const lowHalf = littleEndian ? 0 : 4

/** Numbers kept as doubles, in the storage of their dtype. */
export function storedNumbers(numbers: Float64Array, dtype: DType): Column['data'] {
  if (dtype === 'float64') return numbers
  const data = allocate(dtype, numbers.length)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const words = new DataView(data.buffer)
    for (let i = 0; i < numbers.length; i++) {
      words.setInt32(i * 8 + lowHalf, numbers[i]!, littleEndian)
      words.setInt32(i * 8 + 4 - lowHalf, Math.floor(numbers[i]! / 4_294_967_296), littleEndian)
    }
  } else (data as Float32Array).set(numbers)
  return data
}
