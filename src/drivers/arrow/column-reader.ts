import type { Data, DataType } from 'apache-arrow'
import { copyElements } from '../../core/element-buffer.js'
import { SlipwayError } from '../../core/errors.js'
import type { Field } from '../../core/field.js'
import type { Column } from '../../core/frame.js'
import { createFrameBuilder, type RowPolicy } from '../../core/frame-builder.js'
import type { RowIssue } from '../../core/issue.js'
import { elementCount } from '../../core/tensor.js'
import { acceptedAs } from './accepted-types.js'
import type { Arrow } from './load-arrow.js'
import { plainValue } from './plain-value.js'
import { isNull } from './primitive-values.js'
import { typeName } from './output-types.js'
import { takeValues } from './take-values.js'

/** Rows of one input, and what is wrong with them. */
export interface ReadColumn {
  readonly column: Column
  readonly issues: readonly RowIssue[]
}

/** Reads rows `start` to `start + count` of the column of an input. */
export type ColumnReader = (data: Data | null, start: number, count: number) => ReadColumn

export interface ReaderOptions {
  readonly arrow: Arrow
  readonly name: string
  readonly field: Field
  readonly policy: RowPolicy
  /** Null where the stream has no such column. */
  readonly type: DataType | null
}

/**
 * Reads the columns of one input as a frame builder reads its values. Most are taken over whole; absent and odd values go through a builder
 * of the signature, so that codes and messages are those of every other way in. SOURCE_SCHEMA when the type of the column cannot be right.
 */
export function columnReader(options: ReaderOptions): ColumnReader {
  const { arrow, name, field, policy, type } = options
  if (type === null) return (_, __, count) => build(options, count, () => null)
  const refused = acceptedAs(arrow, field, type)
  if (refused !== null)
    throw new SlipwayError('SOURCE_SCHEMA', `expected ${refused} for input \`${name}\`, the stream has ${typeName(type)}`)
  const take = takeValues(arrow, field, type)
  const valueAt = (data: Data, row: number): unknown => asRead(field, plainValue(arrow, data, row))
  if (take === null) return (data, start, count) => build(options, count, (row) => valueAt(data!, start + row))
  return (data, start, count) => {
    const whole = data!
    const { data: values, odd } = take(whole, start, count)
    if (values.length !== count * sizeOf(field))
      throw new SlipwayError('SOURCE_INVALID', `the column \`${name}\` is shorter than its batch`)
    const apart = whole.nullCount === 0 ? odd : [...new Set([...nullRows(whole, start, count), ...odd])].toSorted((a, b) => a - b)
    const column = { dtype: field.dtype, shape: field.kind === 'tensor' ? field.shape : [], data: values, validity: null } as Column
    if (apart.length === 0) return { column, issues: [] }
    return patch(
      column,
      apart,
      build({ arrow, name, field, policy, type }, apart.length, (row) => valueAt(whole, start + apart[row]!)),
    )
  }
}

/** JSON has one kind of number. */
function asRead(field: Field, value: unknown): unknown {
  return typeof value === 'bigint' && (field.kind === 'number' || field.kind === 'timestamp') ? Number(value) : value
}

function build({ name, field, policy }: ReaderOptions, count: number, valueAt: (row: number) => unknown): ReadColumn {
  const builder = createFrameBuilder({ [name]: field }, policy)
  for (let row = 0; row < count; row++) builder.appendRow({ [name]: valueAt(row) })
  const { frame, issues } = builder.build()
  return { column: frame.columns[name]!, issues }
}

/** Puts what a builder made of some rows in their places. */
function patch(column: Column, rows: readonly number[], { column: built, issues }: ReadColumn): ReadColumn {
  const size = elementCount(column.shape)
  const data = column.data.slice() as Column['data']
  const length = data.length / size
  const validity = new Uint8Array(length).fill(1)
  for (const [at, row] of rows.entries()) {
    copyElements(built.data as object, at * size, data as object, row * size, size)
    if (built.validity?.[at] === 0) validity[row] = 0
  }
  return {
    column: { ...column, data, validity: validity.includes(0) ? validity : null },
    issues: issues.map((issue) => ({ ...issue, row: rows[issue.row]! })),
  }
}

function nullRows(data: Data, start: number, count: number): number[] {
  const rows: number[] = []
  for (let i = 0; i < count; i++) if (isNull(data, start + i)) rows.push(i)
  return rows
}

function sizeOf(field: Field): number {
  return field.kind === 'tensor' ? elementCount(field.shape as readonly number[]) : 1
}
