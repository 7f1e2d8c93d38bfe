import { isBigInt, isFloat } from './dtype.js'
import type { DType } from './dtype.js'
import { viewElements } from './element-buffer.js'
import { bfloat16ToNumber, float16ToNumber } from './half.js'

/** How JSON says NaN and infinities: as Python's json, Triton and TensorFlow Serving do; as null; or as a string. */
export type NonFiniteDialect = 'literal' | 'null' | 'string'

/** A string, quoted and escaped. */
export function stringText(value: string): string {
  return JSON.stringify(value)
}

/** A number in the shortest form that reads back as the same double; -0 too. */
export function numberText(value: number, nonFinite: NonFiniteDialect): string {
  if (value === 0) return 1 / value < 0 ? '-0' : '0'
  // NaN and infinities are the only numbers whose difference with themselves is not 0.
  if (value - value === 0) return String(value)
  if (nonFinite === 'null') return 'null'
  return nonFinite === 'literal' ? String(value) : `"${value}"`
}

/**
 * Elements `start` to `end` of tensor data, separated by commas, without brackets. A float32 is written as the double that it is, which
 * reads back as the same float32; 64-bit integers with all their digits; bool as true and false; float16 and bfloat16 as numbers.
 */
export function elementsText(data: ArrayLike<unknown>, dtype: DType, range: ElementRange): string {
  const { start, end, nonFinite } = range
  if (end - start > few && isPlain(data, dtype, range)) {
    return JSON.stringify(Array.from(viewElements(data, start, end))).slice(1, -1)
  }
  const write = elementWriter(dtype, nonFinite)
  let text = ''
  for (let i = start; i < end; i++) text += i === start ? write(data[i]) : `,${write(data[i])}`
  return text
}

/** Up to so many elements are faster written one by one. */
const few = 16

/** True when JSON.stringify writes the elements as they are to be written. */
function isPlain(data: ArrayLike<unknown>, dtype: DType, { start, end }: ElementRange): boolean {
  if (dtype === 'bool' || dtype === 'float16' || dtype === 'bfloat16' || isBigInt(dtype)) return false
  if (!isFloat(dtype)) return true
  for (let i = start; i < end; i++) {
    const value = data[i] as number
    if (value - value !== 0 || (value === 0 && 1 / value < 0)) return false
  }
  return true
}

/** Which elements to write, and how. */
export interface ElementRange {
  readonly start: number
  readonly end: number
  readonly nonFinite: NonFiniteDialect
}

/** What writes one element of tensor data of a dtype. */
export function elementWriter(dtype: DType, nonFinite: NonFiniteDialect): (element: unknown) => string {
  switch (dtype) {
    case 'float32':
    case 'float64':
      return (element) => numberText(element as number, nonFinite)
    case 'float16':
      return (element) => numberText(float16ToNumber(element as number), nonFinite)
    case 'bfloat16':
      return (element) => numberText(bfloat16ToNumber(element as number), nonFinite)
    case 'bool':
      return (element) => (element === 0 ? 'false' : 'true')
    case 'string':
      return (element) => stringText(element as string)
    default:
      return String
  }
}

/** Elements of one row-major tensor, from `range.start` on, as arrays nested like `shape`; the bare element for shape []. */
export function nestedText(data: ArrayLike<unknown>, dtype: DType, shape: readonly number[], range: Omit<ElementRange, 'end'>): string {
  const [length, ...inner] = shape
  if (length === undefined) return elementWriter(dtype, range.nonFinite)(data[range.start])
  if (inner.length === 0) return `[${elementsText(data, dtype, { ...range, end: range.start + length })}]`
  const size = inner.reduce((product, dimension) => product * dimension, 1)
  const items = Array.from({ length }, (_, i) => nestedText(data, dtype, inner, { ...range, start: range.start + i * size }))
  return `[${items.join(',')}]`
}

/**
 * Any value as JSON, as JSON.stringify writes it, and what that cannot: bigints with all their digits, -0, NaN and infinities, typed arrays
 * as arrays. undefined, functions and symbols are left out of objects, and null elsewhere.
 */
export function valueText(value: unknown, nonFinite: NonFiniteDialect): string {
  switch (typeof value) {
    case 'number':
      return numberText(value, nonFinite)
    case 'string':
      return stringText(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? 'null' : objectText(value, nonFinite)
    default:
      return 'null'
  }
}

function objectText(value: object, nonFinite: NonFiniteDialect): string {
  if ('toJSON' in value && typeof value.toJSON === 'function') return valueText(value.toJSON(), nonFinite)
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return `[${Array.from(value as ArrayLike<unknown>, (item) => valueText(item, nonFinite)).join(',')}]`
  }
  let text = ''
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined || typeof member === 'function' || typeof member === 'symbol') continue
    text += `${text === '' ? '' : ','}${stringText(key)}:${valueText(member, nonFinite)}`
  }
  return `{${text}}`
}
