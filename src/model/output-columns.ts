import type { DType } from '../core/dtype.js'
import { allocate, isFloat } from '../core/dtype.js'
import { SlipwayError } from '../core/errors.js'
import type { Field, Fields } from '../core/field.js'
import type { Column, Columns } from '../core/frame.js'
import { describeTensor, elementCount } from '../core/tensor.js'
import { describeField } from '../guardrails/describe-field.js'
import { showValue } from '../guardrails/show-value.js'
import { castElements, describeFault, isCastFault, sourceOf } from './cast-elements.js'
import type { ElementSource } from './cast-elements.js'
import type { OutputLike } from './definition.js'

/**
 * What a postprocess function returned, as columns of the signature's storage types. POSTPROCESS_FAILED, with expected and received,
 * when a column is missing or has a wrong length; OUTPUT_TYPE when an element is no value of its field.
 */
export function toColumns(given: Readonly<Record<string, OutputLike>>, fields: Fields, rows: number): Columns {
  if (given instanceof Promise) {
    given.catch(() => undefined)
    fail('postprocess is asynchronous; it must return its columns at once')
  }
  if (typeof given !== 'object' || given === null) fail(`postprocess returned ${showValue(given)}; expected output columns by name`)
  const columns: Record<string, Column> = Object.create(null)
  for (const name of Object.keys(fields)) {
    const value = given[name]
    if (value === undefined) fail(`postprocess returned nothing for output \`${name}\``)
    columns[name] = toColumn(name, fields[name]!, value, rows)
  }
  for (const name of Object.keys(given)) {
    if (!(name in columns)) fail(`postprocess returned \`${name}\`, which is not an output of the signature`)
  }
  return columns
}

/** One output column from whatever a definition or a graph gives for it. */
export function toColumn(name: string, field: Field, value: OutputLike, rows: number): Column {
  const { elements, source, rowShape, validity } = open(name, value)
  const shape = rowShapeOf(name, field, { count: elements.length, rows, given: rowShape })
  if (validity !== null && validity.length !== rows)
    fail(`expected validity of ${rows} rows for output \`${name}\`, received ${validity.length}`)
  if (field.dtype === 'object') return { dtype: 'object', shape: [], data: Array.from(elements), validity }
  if (source === 'values' && Array.isArray(elements) && shape.length === 0) return fromValues(name, field, elements, validity)
  const data = castElements(elements, source ?? sourceOf(elements, field.dtype), field.dtype)
  if (isCastFault(data)) refuse(name, field, describeFault(data, showValue))
  return { dtype: field.dtype, shape, data, validity }
}

interface Opened {
  readonly elements: ArrayLike<unknown>
  /** Null where the kind of typed array must say it. */
  readonly source: ElementSource | null
  readonly rowShape: readonly number[] | null
  readonly validity: Uint8Array | null
}

function open(name: string, value: OutputLike): Opened {
  if (typeof value !== 'object' || value === null)
    fail(`expected a column or its elements for output \`${name}\`, received ${showValue(value)}`)
  if ('validity' in value) {
    const source = value.dtype === 'object' ? 'values' : value.dtype
    return { elements: value.data, source, rowShape: value.shape, validity: value.validity }
  }
  if ('dtype' in value) return { elements: value.data, source: value.dtype, rowShape: value.shape.slice(1), validity: null }
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && 'length' in value)) {
    fail(`expected a column or its elements for output \`${name}\`, received ${showValue(value)}`)
  }
  return { elements: value, source: Array.isArray(value) ? 'values' : null, rowShape: null, validity: null }
}

interface Extent {
  readonly count: number
  readonly rows: number
  /** Row shape of a column or tensor given whole. */
  readonly given: readonly number[] | null
}

/** Shape of one row; a tensor [n,1] is a column of n scalars. */
function rowShapeOf(name: string, field: Field, { count, rows, given }: Extent): readonly number[] {
  if (field.kind !== 'tensor') {
    if (count !== rows) fail(`expected ${rows} elements for output \`${name}\`, received ${count}`)
    return []
  }
  const { shape } = field
  if (given !== null && fits(shape, given) && elementCount(given) * rows === count) return given
  const free = shape.filter((size) => size === null).length
  const product = elementCount(shape.map((size) => size ?? 1)) * rows
  if (free === 0 && product === count) return shape as readonly number[]
  if (free === 1 && product > 0 && count % product === 0) return shape.map((size) => size ?? count / product)
  if (rows === 0 && count === 0) return shape.map((size) => size ?? 0)
  const received = given === null ? `${count} elements` : `[${rows},${given.join(',')}]`
  fail(`expected ${describeTensor({ dtype: field.dtype, shape: [rows, ...shape] })} for output \`${name}\`, received ${received}`)
}

function fits(wanted: readonly (number | null)[], given: readonly number[]): boolean {
  return wanted.length === given.length && wanted.every((size, axis) => size === null || size === given[axis])
}

/** Scalars given one by one: null and undefined are absent values, as in a row. */
function fromValues(name: string, field: Field, values: readonly unknown[], given: Uint8Array | null): Column {
  const dtype = field.dtype as DType
  const absent = values.some((value) => value === null || value === undefined)
  const validity = absent
    ? Uint8Array.from(values, (value, row) => (value === null || value === undefined || given?.[row] === 0 ? 0 : 1))
    : given
  const filled = absent ? values.map((value) => value ?? absentValue(dtype)) : values
  const data = castElements(filled, 'values', dtype)
  if (isCastFault(data)) refuse(name, field, describeFault(data, showValue))
  return { dtype, shape: [], data, validity }
}

/** What an absent value is stored as, in JavaScript's words. */
function absentValue(dtype: DType): unknown {
  if (dtype === 'string') return ''
  if (dtype === 'bool') return false
  return isFloat(dtype) ? Number.NaN : 0
}

/** Columns of no rows. */
export function emptyColumns(fields: Fields): Columns {
  const columns: Record<string, Column> = Object.create(null)
  for (const [name, field] of Object.entries(fields)) columns[name] = emptyColumn(field)
  return columns
}

function emptyColumn(field: Field): Column {
  if (field.dtype === 'object') return { dtype: 'object', shape: [], data: [], validity: null }
  const shape = field.kind === 'tensor' ? field.shape.map((size) => size ?? 0) : []
  return { dtype: field.dtype, shape, data: allocate(field.dtype, 0), validity: null }
}

function fail(message: string): never {
  throw new SlipwayError('POSTPROCESS_FAILED', message)
}

function refuse(name: string, field: Field, fault: string): never {
  throw new SlipwayError('OUTPUT_TYPE', `expected ${describeField(field)} for output \`${name}\`: ${fault}`)
}
