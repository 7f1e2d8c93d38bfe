import { SlipwayError } from '../../core/errors.js'
import type { Field, Fields } from '../../core/field.js'
import type { Columns } from '../../core/frame.js'
import type { OutputColumn, TableType } from '../../core/table.js'

/** Which columns are written, and where each comes from. */
export interface OutputLayout {
  readonly columns: readonly OutputColumn[]
  /** Carried columns that are written, in order; others are for the filter. */
  readonly carried: readonly string[]
  /** Outputs of the model, in order. */
  readonly outputs: readonly string[]
}

/** Columns that every output row ends with. */
export const sourceColumn = '_source'
export const codesColumn = '_codes'
export const modelColumn = '_model'

export interface LayoutRequest {
  readonly output: Fields
  readonly key: string | null
  readonly pass: readonly string[]
  /** The carried columns of a first chunk, for their types. */
  readonly sample: Columns
  readonly types: Readonly<Record<string, TableType>>
}

/** The columns of the output: key, passed columns, outputs of the model, `_source`, `_codes`, `_model`. CONFIG_INVALID when two have one name. */
export function outputLayout(request: LayoutRequest): OutputLayout {
  const { output, key, pass, sample, types } = request
  const carried = [...new Set([...(key === null ? [] : [key]), ...pass])]
  const columns: OutputColumn[] = [
    ...carried.map((name) => {
      const column = sample[name]!
      return {
        name,
        type: types[name] ?? typeOf(column.dtype),
        dtype: column.dtype,
        shape: column.shape,
        ...(name === key ? { key: true } : {}),
      }
    }),
    ...Object.entries(output).map(([name, field]) => ({ name, type: fieldType(field), dtype: field.dtype, shape: shapeOf(field) })),
    ...[sourceColumn, codesColumn, modelColumn].map((name) => ({ name, type: 'text' as const, dtype: 'string' as const, shape: [] })),
  ]
  refuseTwins(columns)
  return { columns, carried, outputs: Object.keys(output) }
}

function refuseTwins(columns: readonly OutputColumn[]): void {
  const seen = new Set<string>()
  for (const { name } of columns) {
    const folded = name.toLowerCase()
    if (seen.has(folded)) {
      throw new SlipwayError(
        'CONFIG_INVALID',
        `two columns of the output have the name \`${name}\`: leave it out of --pass, or rename it in a query`,
      )
    }
    seen.add(folded)
  }
}

function typeOf(dtype: OutputColumn['dtype']): TableType {
  if (dtype === 'object') return 'json'
  if (dtype === 'string') return 'text'
  if (dtype === 'bool') return 'boolean'
  return /^u?int/.test(dtype) ? 'integer' : 'number'
}

function fieldType(field: Field): TableType {
  switch (field.kind) {
    case 'number':
      return 'number'
    case 'integer':
      return 'integer'
    case 'category':
    case 'text':
      return 'text'
    case 'boolean':
      return 'boolean'
    case 'timestamp':
      return 'timestamp'
    case 'tensor':
    case 'schema':
      return 'json'
  }
}

function shapeOf(field: Field): readonly (number | null)[] {
  return field.kind === 'tensor' ? field.shape : []
}

/** Types of columns whose values say themselves what they are (JSON lines), by the values of a first chunk. */
export function inferTypes(sample: Columns, declared: Readonly<Record<string, TableType>>): Readonly<Record<string, TableType>> {
  const types: Record<string, TableType> = {}
  for (const [name, column] of Object.entries(sample)) {
    if (name in declared) types[name] = declared[name]!
    else if (column.dtype === 'object') types[name] = inferType(column.data as readonly unknown[])
  }
  return types
}

function inferType(values: readonly unknown[]): TableType {
  const present = values.filter((value) => value !== null && value !== undefined)
  if (present.length === 0) return 'text'
  if (present.every((value) => typeof value === 'string')) return 'text'
  if (present.every((value) => typeof value === 'boolean')) return 'boolean'
  if (present.every((value) => typeof value === 'bigint' || Number.isSafeInteger(value))) return 'integer'
  return present.every((value) => typeof value === 'number' || typeof value === 'bigint') ? 'number' : 'json'
}
