import type { DataType } from 'apache-arrow'
import type { OutputColumn } from '../../core/table.js'
import type { Arrow } from './load-arrow.js'

/**
 * The Arrow type that a column is written as, and what Spark calls it. Only types that Spark reads: unsigned integers become the next wider
 * signed ones (uint64 stays, which Spark lacks), 16-bit floats float32, times timestamp[us, UTC], tensors lists, other values JSON text.
 */
export function outputType(arrow: Arrow, column: OutputColumn): { readonly type: DataType; readonly spark: string } {
  return column.shape.reduceRight<ReturnType<typeof elementType>>(
    ({ type, spark }) => ({ type: new arrow.List(new arrow.Field('item', type, true)), spark: `array<${spark}>` }),
    elementType(arrow, column),
  )
}

function elementType(arrow: Arrow, { dtype, type }: OutputColumn): { readonly type: DataType; readonly spark: string } {
  if (type === 'timestamp') return { type: new arrow.Timestamp(arrow.TimeUnit.MICROSECOND, 'UTC'), spark: 'timestamp' }
  switch (dtype) {
    case 'bool':
      return { type: new arrow.Bool(), spark: 'boolean' }
    case 'int8':
      return { type: new arrow.Int8(), spark: 'tinyint' }
    case 'uint8':
    case 'int16':
      return { type: new arrow.Int16(), spark: 'smallint' }
    case 'uint16':
    case 'int32':
      return { type: new arrow.Int32(), spark: 'int' }
    case 'uint32':
    case 'int64':
      return { type: new arrow.Int64(), spark: 'bigint' }
    case 'uint64':
      return { type: new arrow.Uint64(), spark: 'decimal(20,0)' }
    case 'float16':
    case 'bfloat16':
    case 'float32':
      return { type: new arrow.Float32(), spark: 'float' }
    case 'float64':
      return { type: new arrow.Float64(), spark: 'double' }
    case 'string':
    case 'object':
      return { type: new arrow.Utf8(), spark: 'string' }
  }
}

/** A type as the library writes it: `Float64`, `List<Utf8>`. */
export function typeName(type: DataType): string {
  return (type as { toString(): string }).toString()
}
