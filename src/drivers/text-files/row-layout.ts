import type { Field } from '../../core/field.js'
import type { Column, Columns } from '../../core/frame.js'
import { columnsOf } from '../../core/frame-ops.js'
import { placeholders } from '../../core/placeholder.js'
import { elementCount } from '../../core/tensor.js'
import type { ReadPlan } from '../../core/table.js'
import { CarriedColumn } from './carried-column.js'
import { numberRule, storedNumbers, type NumberRule } from './cell-columns.js'
import type { ResolvedColumns } from './resolve-columns.js'

/** Numbers of one input, in a part of the numbers of all inputs: `size` of them a row. */
export interface NumberInput {
  readonly name: string
  readonly field: Field
  readonly rule: NumberRule
  readonly base: number
  readonly size: number
  readonly shape: readonly number[]
  /** Whether a row may lack it. */
  readonly optional: boolean
  readonly validity: Uint8Array
}

/** Texts of one input. */
export interface TextInput {
  readonly name: string
  readonly field: Field
  readonly data: string[]
  readonly optional: boolean
  readonly validity: Uint8Array
}

/** What becomes of a cell: at most one input, and at most one carried column. */
export interface CellUse {
  number: NumberInput | null
  /** Position among the elements of a tensor. */
  element: number
  text: TextInput | null
  carried: CarriedColumn | null
}

/** Storage for the rows of a chunk, and which cells of a record go where. */
export interface RowLayout {
  /** By position in the header. */
  readonly cells: readonly CellUse[]
  readonly numbers: Float64Array
  readonly carried: readonly CarriedColumn[]
  /** False where a field must see its values as they come (tensors in a cell, Standard Schemas): every row then goes by its texts. */
  readonly direct: boolean
  /** Views of rows `from` to `to`, as a frame has them. */
  columns(from: number, to: number): Columns
  /** Forgets what a record left that became no row `row`. */
  clear(row: number): void
  /** Forgets every row. */
  reset(): void
}

/** Lays out the columns of a header for a plan. */
export function rowLayout(names: readonly string[], resolved: ResolvedColumns, plan: ReadPlan): RowLayout {
  const cells: CellUse[] = names.map(() => ({ number: null, element: 0, text: null, carried: null }))
  const carried = [...resolved.carry].map(([name, index]) => {
    const column = new CarriedColumn(name, csvType(plan, name), plan.chunkRows)
    cells[index]!.carried = column
    return column
  })
  const layout = inputLayout(cells, resolved, plan)
  return { cells, carried, ...layout }
}

function csvType(plan: ReadPlan, name: string): Exclude<ReadPlan['types'][string], 'json'> {
  const type = Object.hasOwn(plan.types, name) ? plan.types[name]! : 'text'
  return type === 'json' ? 'text' : type
}

function inputLayout(cells: CellUse[], resolved: ResolvedColumns, plan: ReadPlan): Omit<RowLayout, 'cells' | 'carried'> {
  const numbers: NumberInput[] = []
  const texts: TextInput[] = []
  const absent: [string, Field][] = []
  let direct = true
  let size = 0
  for (const [name, field] of Object.entries(plan.fields)) {
    const at = resolved.elements ?? [resolved.inputs.get(name)!]
    const common = {
      name,
      field,
      optional: field.optional || plan.policy.gatherable.has(name),
      validity: new Uint8Array(plan.chunkRows).fill(1),
    }
    const rule = field.kind === 'tensor' && resolved.elements === null ? null : numberRule(field)
    if (at[0] === -1) absent.push([name, field])
    else if (rule !== null) {
      const input: NumberInput = { ...common, rule, base: size, size: at.length, shape: shapeOf(field, at.length) }
      // Columns that begin a power of two apart would share few lines of the processor's cache.
      size += at.length * plan.chunkRows + 136
      numbers.push(input)
      for (const [element, index] of at.entries()) Object.assign(cells[index]!, { number: input, element })
    } else if (field.schema === null && (field.kind === 'category' || field.kind === 'text')) {
      const input: TextInput = { ...common, data: [] }
      texts.push(input)
      cells[at[0]!]!.text = input
    } else direct = false
  }
  const storage = new Float64Array(size)
  const columns = (from: number, to: number): Columns =>
    columnsOf([
      ...numbers.map((input): [string, Column] => [input.name, numberColumn(input, storage, from, to)]),
      ...texts.map((input): [string, Column] => [input.name, textColumn(input, from, to)]),
      ...absent.map(([name, field]): [string, Column] => [name, absentColumn(field, to - from)]),
    ])
  const validities = [...numbers, ...texts].map(({ validity }) => validity)
  return {
    numbers: storage,
    direct,
    columns,
    clear: (row) => validities.forEach((validity) => (validity[row] = 1)),
    reset: () => validities.forEach((validity) => validity.fill(1)),
  }
}

function shapeOf(field: Field, count: number): readonly number[] {
  if (field.kind !== 'tensor') return []
  const free = field.shape.filter((size) => size === null).length
  const known = field.shape.reduce<number>((product, size) => product * (size ?? 1), 1)
  return free === 0 ? (field.shape as readonly number[]) : field.shape.map((size) => size ?? count / known)
}

function numberColumn({ field, base, size, shape, validity }: NumberInput, numbers: Float64Array, from: number, to: number): Column {
  const dtype = field.dtype as 'float64'
  const data = storedNumbers(numbers.subarray(base + from * size, base + to * size), dtype) as Float64Array
  return { dtype, shape, data, validity: validityView(validity, from, to) }
}

function textColumn({ data, validity }: TextInput, from: number, to: number): Column {
  return { dtype: 'string', shape: [], data: data.slice(from, to), validity: validityView(validity, from, to) }
}

function absentColumn(field: Field, rows: number): Column {
  const shape = field.kind === 'tensor' ? field.shape.map((size) => size ?? 0) : []
  if (field.dtype === 'object')
    return { dtype: 'object', shape, data: Array.from({ length: rows }, () => null), validity: new Uint8Array(rows) }
  return {
    dtype: field.dtype,
    shape,
    data: placeholders(field.dtype, rows * elementCount(shape)),
    validity: new Uint8Array(rows),
  }
}

function validityView(validity: Uint8Array, from: number, to: number): Uint8Array | null {
  const view = validity.subarray(from, to)
  return view.includes(0) ? view : null
}
