import type { ColumnContext } from './column-builder.js'
import { createColumnBuilder } from './create-column-builder.js'
import { SlipwayError } from './errors.js'
import type { DType, TensorData } from './dtype.js'
import type { Field, SchemaField } from './field.js'
import { runSchemaOnRow } from './field-schema.js'
import type { Column } from './frame.js'
import { plainAt, valueAt } from './frame-rows.js'
import { createJsonReader } from './json-reader.js'
import { hasNul, nulIssue } from './nul-text.js'
import { placeholder } from './placeholder.js'
import { describeTensor, elementCount } from './tensor.js'
import type { Tensor } from './tensor.js'
import { canWiden, widen } from './widen.js'

/**
 * The column of a field that a tensor holds, its first dimension the rows: the tensor's own data where the types are equal. Throws
 * INPUT_SHAPE and INPUT_DATATYPE; what concerns one row goes to the log.
 */
export function tensorToColumn(tensor: Tensor, field: Field, context: ColumnContext): Column {
  const [rows, ...shape] = tensor.shape as [number, ...number[]]
  checkShape(tensor, field, context.name)
  const column: Column = { dtype: tensor.dtype, shape: field.kind === 'tensor' ? shape : [], data: tensor.data, validity: null }
  if (field.kind === 'schema') return rebuild(field, rows, context, (row) => schemaInput(field, valueAt(column, row)))
  if (field.kind === 'timestamp' && tensor.dtype === 'string') return rebuild(field, rows, context, (row) => valueAt(column, row))
  if (!canWiden(tensor.dtype, field.dtype)) refuseDatatype(tensor, field, context.name)
  const wide = widenColumn(column, field, context)
  if (field.schema === null && field.kind !== 'timestamp') return withoutNul(wide, field, context)
  return rebuild(field, rows, context, (row) => plainAt(wide, row))
}

/** Builds a column value by value, as rows are. */
function rebuild(field: Field, rows: number, context: ColumnContext, valueOf: (row: number) => unknown): Column {
  const builder = createColumnBuilder(field, context)
  for (let row = 0; row < rows; row++) builder.append(valueOf(row), row)
  return builder.build(rows)
}

function checkShape(tensor: Tensor, field: Field, name: string): void {
  const shape = tensor.shape.slice(1)
  const spec = field.kind === 'tensor' ? field.shape : []
  const fits = shape.length === spec.length && spec.every((size, i) => size === null || size === shape[i])
  if (fits || (spec.length === 0 && shape.length === 1 && shape[0] === 1)) return
  const expected = { dtype: tensor.dtype, shape: [null, ...(spec.length === 0 ? [1] : spec)] }
  throw new SlipwayError(
    'INPUT_SHAPE',
    `expected ${describeTensor(expected)} for \`${name}\`, the first dimension counting the rows, received ${describeTensor(tensor)}`,
  )
}

function refuseDatatype(tensor: Tensor, field: Field, name: string): never {
  throw new SlipwayError('INPUT_DATATYPE', `expected elements of ${field.dtype} for \`${name}\`, received ${tensor.dtype}`)
}

/** The column in the type of the field. Rows are absent where NaN says so, and refused where a 64-bit integer has no float64. */
function widenColumn(column: Column, field: Exclude<Field, SchemaField>, context: ColumnContext): Column {
  const data = widen(column.data as TensorData, column.dtype as DType, field.dtype)
  const wide: Column = { ...column, dtype: field.dtype, data }
  const refused = inexactRows(column, wide)
  for (const row of refused) {
    context.log.add(row, 'INPUT_RANGE', context.name, field, `\`${context.name}\`: a 64-bit integer is not exact in ${field.dtype}`)
  }
  return withoutRows(wide, [...refused, ...(nanIsAbsent(field, context.required) ? nanRows(wide) : [])])
}

function nanIsAbsent(field: Field, required: boolean): boolean {
  return !required && (field.kind === 'timestamp' || (field.kind === 'number' && field.allowNonFinite !== true))
}

function nanRows({ data }: Column): readonly number[] {
  const rows: number[] = []
  for (let row = 0; row < data.length; row++) if (Number.isNaN(data[row])) rows.push(row)
  return rows
}

function inexactRows(from: Column, to: Column): readonly number[] {
  if ((from.dtype !== 'int64' && from.dtype !== 'uint64') || to.dtype !== 'float64') return []
  const size = elementCount(from.shape)
  const rows = new Set<number>()
  for (let i = 0; i < to.data.length; i++) if (BigInt(to.data[i] as number) !== from.data[i]) rows.add(Math.floor(i / size))
  return [...rows]
}

/** Refuses the rows whose texts hold a NUL; the data stays the caller's where there is none. */
function withoutNul(column: Column, field: Field, context: ColumnContext): Column {
  if (column.dtype !== 'string') return column
  const size = elementCount(column.shape)
  const rows = new Set<number>()
  for (const [i, text] of (column.data as readonly string[]).entries()) if (hasNul(text)) rows.add(Math.floor(i / size))
  if (rows.size === 0) return column
  for (const row of rows) context.log.add(row, nulIssue.code, context.name, field, `\`${context.name}\`: ${nulIssue.message}`)
  return withoutRows({ ...column, data: (column.data as readonly string[]).slice() }, [...rows])
}

/** Takes the values of rows away; the data is new, or holds their placeholder already. */
function withoutRows(column: Column, rows: readonly number[]): Column {
  if (rows.length === 0) return column
  const size = elementCount(column.shape)
  const validity = new Uint8Array(column.data.length / size).fill(1)
  for (const row of rows) {
    validity[row] = 0
    ;(column.data as unknown[]).fill(placeholder(column.dtype), row * size, (row + 1) * size)
  }
  return { ...column, validity }
}

const encoder = new TextEncoder()

/**
 * What a bare Standard Schema is given for an element: the JSON that a text is, or the text itself where it is none or the schema takes only
 * that; the empty text stands for an absent value.
 */
function schemaInput(field: SchemaField, element: unknown): unknown {
  if (typeof element !== 'string') return element
  if (element === '') return null
  const value = parsed(element)
  if (value === undefined) return element
  const takesOnlyText = runSchemaOnRow(field.schema, value).issue !== null && runSchemaOnRow(field.schema, element).issue === null
  return takesOnlyText ? element : value
}

function parsed(text: string): unknown {
  const reader = createJsonReader(encoder.encode(text))
  try {
    const value = reader.value()
    reader.end()
    return value
  } catch (error) {
    if (error instanceof SlipwayError) return undefined
    throw error
  }
}
