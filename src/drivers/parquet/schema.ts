import type { OutputColumn } from '../../core/table.js'
import { binary, bool, encodeStruct, i32, struct } from './thrift-writer.js'
import type { ThriftStruct, ThriftValue } from './thrift-writer.js'

/** Physical types (parquet.thrift, `Type`). */
export const physicalTypes = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, text: 6 } as const

export type Physical = keyof typeof physicalTypes

/** What a column of the output is in the file. */
export interface Leaf {
  readonly column: OutputColumn
  readonly physical: Physical
  /** Of integers. */
  readonly signed: boolean
  /** Names from the column down to the values, as the file's metadata have them. */
  readonly path: readonly string[]
  readonly maxRepetition: number
  readonly maxDefinition: number
}

/**
 * A column as the file has it: a scalar is OPTIONAL, the key REQUIRED. A tensor is a LIST of three levels for each dimension
 * (LogicalTypes.md, "Lists"): `optional group x (LIST) { repeated group list { optional … element } }`.
 */
export function leafOf(column: OutputColumn): Leaf {
  const rank = column.shape.length
  const { physical, signed } = valueType(column)
  return {
    column,
    physical,
    signed,
    path: [column.name, ...column.shape.flatMap(() => ['list', 'element'])],
    maxRepetition: rank,
    maxDefinition: (isRequired(column) ? 0 : 1) + 2 * rank,
  }
}

/** True for epoch milliseconds, which the file has as points in time. */
export function isTime(column: OutputColumn): boolean {
  return column.type === 'timestamp' && column.dtype === 'float64' && column.shape.length === 0
}

/** The schema: the root, and every node below it, depth first. */
export function schemaElements(columns: readonly OutputColumn[]): ThriftValue {
  const root = struct({ 4: binary('schema'), 5: i32(columns.length) })
  return { type: 'list', of: 'struct', items: [root, ...columns.flatMap((column) => elementsOf(column))] }
}

/** Bytes that two schemas share when they are the same. */
export function schemaBytes(elements: ThriftValue): Buffer {
  return encodeStruct(struct({ 1: elements }))
}

const required = 0
const optional = 1
const repeated = 2

/** Kinds of `ConvertedType`, for readers that know no logical types. */
const converted = { utf8: 0, list: 3, timestampMicros: 10, unsigned: 11, signed: 15 } as const

/** The key of a row has a value; a key that is a list may be anything, as no reader asks for less. */
function isRequired(column: OutputColumn): boolean {
  return column.key === true && column.shape.length === 0
}

function elementsOf(column: OutputColumn): ThriftStruct[] {
  const groups = column.shape.flatMap((_, level) => [
    struct({
      3: i32(optional),
      4: binary(level === 0 ? column.name : 'element'),
      5: i32(1),
      6: i32(converted.list),
      10: struct({ 3: struct({}) }),
    }),
    struct({ 3: i32(repeated), 4: binary('list'), 5: i32(1) }),
  ])
  const { physical, convertedType, logicalType } = valueType(column)
  const leaf = struct({
    1: i32(physicalTypes[physical]),
    3: i32(isRequired(column) ? required : optional),
    4: binary(column.shape.length === 0 ? column.name : 'element'),
    6: convertedType === undefined ? undefined : i32(convertedType),
    10: logicalType,
  })
  return [...groups, leaf]
}

interface ValueType {
  readonly physical: Physical
  readonly signed: boolean
  readonly convertedType?: number
  readonly logicalType?: ThriftStruct
}

function valueType(column: OutputColumn): ValueType {
  if (isTime(column)) {
    const logicalType = struct({ 8: struct({ 1: bool(true), 2: struct({ 2: struct({}) }) }) })
    return { physical: 'int64', signed: true, convertedType: converted.timestampMicros, logicalType }
  }
  switch (column.dtype) {
    case 'bool':
      return { physical: 'boolean', signed: true }
    case 'float16':
    case 'bfloat16':
    case 'float32':
      return { physical: 'float', signed: true }
    case 'float64':
      return { physical: 'double', signed: true }
    case 'string':
    case 'object':
      return { physical: 'text', signed: false, convertedType: converted.utf8, logicalType: struct({ 1: struct({}) }) }
    default:
      return integerType(column.dtype)
  }
}

/** INTEGER(bits, signed): types of up to 32 bits are stored as 32 (LogicalTypes.md, "Signed Integers", "Unsigned Integers"). */
function integerType(dtype: string): ValueType {
  const signed = dtype.startsWith('i')
  const bits = Number(dtype.slice(signed ? 3 : 4))
  return {
    physical: bits === 64 ? 'int64' : 'int32',
    signed,
    convertedType: (signed ? converted.signed : converted.unsigned) + Math.log2(bits / 8),
    logicalType: struct({ 10: struct({ 1: { type: 'i8', value: bits }, 2: bool(signed) }) }),
  }
}
