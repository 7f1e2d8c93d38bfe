import type { DType } from '../core/dtype.js'
import { allocate, isFloat } from '../core/dtype.js'
import { SlipwayError } from '../core/errors.js'
import type { Field, Fields } from '../core/field.js'
import type { Column, Frame } from '../core/frame.js'
import type { Tensor, TensorSpec } from '../core/tensor.js'
import { describeTensor, elementCount } from '../core/tensor.js'
import type { BatchRule } from './batch-rule.js'
import { inputRowShape } from './batch-rule.js'
import { refuseDefinition } from './definition-error.js'
import type { Feeds } from './feeds.js'
import { namesOf } from './feeds.js'
import { interleave, isDoubles } from './interleave.js'
import { float32Limit, writeColumn } from './write-column.js'

/** A frame as the graph's inputs, whole tensors of its own dtypes. */
export type DerivedPreprocess = (frame: Frame) => Feeds

export interface PreprocessOptions {
  readonly input: Fields
  /** Fields that `gather` looks up by: the graph need not take them. */
  readonly keys: ReadonlySet<string>
  readonly specs: readonly TensorSpec[]
  readonly rule: BatchRule
}

/**
 * The preprocess step of a definition that has none. Either the graph has an input for every field, by name, and each is cast exactly;
 * or it has one input that takes all fields side by side, in their order. DEFINITION_INVALID when neither holds.
 */
export function derivePreprocess(options: PreprocessOptions): DerivedPreprocess {
  const { input, specs } = options
  const named = byName(options)
  if (typeof named === 'function') return named
  const packed = specs.length === 1 ? packedIn(options, specs[0]!) : 'the graph has several inputs'
  if (typeof packed === 'function') return packed
  const reason = specs.length === 1 && !Object.hasOwn(input, specs[0]!.name) ? packed : named
  const takes = specs.map((spec) => `\`${spec.name}\` ${describeTensor(spec)}`).join(', ')
  refuseDefinition(
    'preprocess',
    `cannot be derived: ${reason}. The graph takes ${takes}; write preprocess: (frame) => ({ ${example(specs)} })`,
  )
}

function example(specs: readonly TensorSpec[]): string {
  return specs.map((spec) => `${/^[A-Za-z_$][\w$]*$/.test(spec.name) ? spec.name : `'${spec.name}'`}: …`).join(', ')
}

function byName({ input, keys, specs, rule }: PreprocessOptions): DerivedPreprocess | string {
  const fields = Object.keys(input)
  const lone = fields.filter((name) => !keys.has(name))
  const nameFor = (spec: TensorSpec): string =>
    specs.length === 1 && lone.length === 1 && !Object.hasOwn(input, spec.name) ? lone[0]! : spec.name
  const feeds: FeedPlan[] = []
  for (const spec of specs) {
    const field = nameFor(spec)
    if (!Object.hasOwn(input, field)) return `there is no field named \`${spec.name}\``
    const plan = planFeed(field, input[field]!, spec, rule)
    if (typeof plan === 'string') return plan
    feeds.push(plan)
  }
  const used = new Set(feeds.map((plan) => plan.field))
  const idle = fields.find((name) => !used.has(name) && !keys.has(name))
  if (idle !== undefined) return `no input of the graph is named \`${idle}\`; its inputs are ${namesOf(specs)}`
  return (frame) => {
    const tensors: Record<string, Tensor> = Object.create(null)
    for (const plan of feeds) tensors[plan.spec.name] = feedOf(plan, frame)
    return tensors
  }
}

interface FeedPlan {
  readonly field: string
  readonly spec: TensorSpec
  /** Shape of a row in the graph where it does not depend on the column. */
  readonly rowShape: readonly number[] | null
  readonly batched: boolean
}

function planFeed(name: string, field: Field, spec: TensorSpec, rule: BatchRule): FeedPlan | string {
  const misfit = misfitOf(name, field, spec.dtype)
  if (misfit !== null) return misfit
  const wanted = inputRowShape(spec, rule)
  const rowShape = rowShapeOf(field, wanted)
  if (rowShape === 'misfit') {
    return `the field \`${name}\` is ${describeShape(field)} a row, the graph's \`${spec.name}\` is ${describeTensor(spec)}`
  }
  return { field: name, spec, rowShape, batched: rule.kind !== 'none' }
}

function describeShape(field: Field): string {
  return field.kind === 'tensor' ? `[${field.shape.map((size) => size ?? '?').join(',')}]` : 'one value'
}

/** The graph's shape of one row of a field; null when it is that of the column; `misfit` when they cannot agree. */
function rowShapeOf(field: Field, wanted: readonly (number | null)[]): readonly number[] | null | 'misfit' {
  if (field.kind !== 'tensor') return wanted.every((size) => size === null || size === 1) ? wanted.map(() => 1) : 'misfit'
  const { shape } = field
  const alike =
    shape.length === wanted.length && shape.every((size, axis) => size === null || wanted[axis] === null || size === wanted[axis])
  if (alike) return null
  const known = (sizes: readonly (number | null)[]): sizes is readonly number[] => !sizes.includes(null)
  return known(shape) && known(wanted) && elementCount(shape) === elementCount(wanted) ? wanted : 'misfit'
}

function feedOf({ field, spec, rowShape, batched }: FeedPlan, frame: Frame): Tensor {
  const column = frame.columns[field]!
  const row = rowShape ?? column.shape
  const wanted = batched ? spec.shape.slice(1) : spec.shape
  if (wanted.some((size, axis) => size !== null && size !== row[axis])) {
    throw new SlipwayError(
      'INPUT_SHAPE',
      `expected [${wanted.map((size) => size ?? '?').join(',')}] for input \`${field}\`, received [${row.join(',')}]`,
    )
  }
  const shape = batched ? [frame.length, ...row] : row
  const size = elementCount(row)
  const needsNaN = column.validity !== null && isFloat(spec.dtype)
  if (column.dtype === spec.dtype && !needsNaN) return { dtype: spec.dtype, shape, data: exactly(column, frame.length * size) }
  const data = allocate(spec.dtype, frame.length * size)
  writeColumn(field, column, frame.length, { data, dtype: spec.dtype, offset: 0, stride: size })
  return { dtype: spec.dtype, shape, data }
}

/** The column's own storage, cut to `count` elements. */
function exactly(column: Column, count: number): Tensor['data'] {
  const data = column.data as Tensor['data']
  if (data.length === count) return data
  return Array.isArray(data) ? data.slice(0, count) : (data as Float32Array).subarray(0, count)
}

/** All fields side by side in one tensor; a text says why not. */
function packedIn({ input, keys, rule }: PreprocessOptions, spec: TensorSpec): DerivedPreprocess | string {
  const all = Object.entries(input)
  const withoutKeys = all.filter(([name]) => !keys.has(name))
  const whole = packed(all, spec, rule)
  return typeof whole === 'string' && withoutKeys.length < all.length ? packed(withoutKeys, spec, rule) : whole
}

function packed(entries: readonly (readonly [string, Field])[], spec: TensorSpec, rule: BatchRule): DerivedPreprocess | string {
  const parts: { name: string; offset: number }[] = []
  let total = 0
  for (const [name, field] of entries) {
    const misfit = misfitOf(name, field, spec.dtype)
    if (misfit !== null) return misfit
    if (field.kind === 'tensor' && field.shape.includes(null)) return `the field \`${name}\` has free dimensions`
    parts.push({ name, offset: total })
    total += field.kind === 'tensor' ? elementCount(field.shape as readonly number[]) : 1
  }
  const row = inputRowShape(spec, rule)
  const fixed = elementCount(row.map((size) => size ?? 1))
  if (row.includes(null) ? row.length !== 1 : fixed !== total) {
    return `the fields have ${total} elements a row, the graph's \`${spec.name}\` is ${describeTensor(spec)}`
  }
  const rowShape = row.includes(null) ? [total] : (row as readonly number[])
  return (frame) => {
    const data = allocate(spec.dtype, frame.length * total)
    const shape = rule.kind === 'none' ? rowShape : [frame.length, ...rowShape]
    const columns = parts.map(({ name }) => frame.columns[name]!)
    if (data instanceof Float32Array && isDoubles(columns)) {
      const doubles = columns.map((column) => column.data as Float64Array)
      if (interleave(doubles, frame.length, data, float32Limit)) return { [spec.name]: { dtype: spec.dtype, shape, data } }
    }
    for (const { name, offset } of parts) {
      writeColumn(name, frame.columns[name]!, frame.length, { data, dtype: spec.dtype, offset, stride: total })
    }
    return { [spec.name]: { dtype: spec.dtype, shape, data } }
  }
}

/** Why the values of a field cannot be elements of a graph input; null when they can. */
function misfitOf(name: string, field: Field, dtype: DType): string | null {
  const isText = field.kind === 'text' || field.kind === 'category' || (field.kind === 'tensor' && field.dtype === 'string')
  if (field.kind === 'schema') return `only preprocess can read the field \`${name}\`, a Standard Schema`
  if (isText !== (dtype === 'string')) return `the field \`${name}\` is a ${field.kind}, the graph takes ${dtype}`
  if (field.kind === 'timestamp' && dtype !== 'float64' && dtype !== 'int64')
    return `the field \`${name}\` is a timestamp, the graph takes ${dtype}`
  const isBoolean = field.kind === 'boolean' || field.dtype === 'bool'
  if (dtype === 'bool' && !isBoolean) return `the field \`${name}\` is a ${field.kind}, the graph takes bool`
  const fractions = field.kind === 'number' || (field.kind === 'tensor' && isFloat(field.dtype))
  if (fractions && !isFloat(dtype)) return `the field \`${name}\` may have fractions, the graph takes ${dtype}: make it an integer()`
  if (field.optional && !isText && !isFloat(dtype)) {
    return `the field \`${name}\` is optional, but the graph takes ${dtype}, which has no value for "absent"`
  }
  return null
}
