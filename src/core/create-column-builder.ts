import { BooleanColumn } from './boolean-column.js'
import type { ColumnBuilder, ColumnContext } from './column-builder.js'
import type { Field } from './field.js'
import { IntegerColumn } from './integer-column.js'
import { NumberColumn } from './number-column.js'
import { SchemaColumn } from './schema-column.js'
import { TensorColumn } from './tensor-column.js'
import { TextColumn } from './text-column.js'
import { TimestampColumn } from './timestamp-column.js'

/** The column builder of a field's kind. */
export function createColumnBuilder(field: Field, context: ColumnContext): ColumnBuilder {
  switch (field.kind) {
    case 'number':
      return new NumberColumn(field, context)
    case 'integer':
      return new IntegerColumn(field, context)
    case 'category':
    case 'text':
      return new TextColumn(field, context)
    case 'boolean':
      return new BooleanColumn(field, context)
    case 'tensor':
      return new TensorColumn(field, context)
    case 'timestamp':
      return new TimestampColumn(field, context)
    case 'schema':
      return new SchemaColumn(field, context)
  }
}
