import type { DataType } from 'apache-arrow'
import type { Field } from '../../core/field.js'
import type { Arrow } from './load-arrow.js'
import { isText } from './text-values.js'

/** Null when a column of a type may hold values of a field, else what is expected. A type that never can is a fault of the stream, not of its rows. */
export function acceptedAs(arrow: Arrow, field: Field, type: DataType): string | null {
  const { DataType: Kind } = arrow
  if (Kind.isNull(type)) return null
  const isNumber = Kind.isInt(type) || Kind.isFloat(type) || Kind.isDecimal(type)
  switch (field.kind) {
    case 'number':
      return isNumber ? null : 'a column of numbers'
    case 'integer':
      return isNumber ? null : 'a column of whole numbers'
    case 'category':
    case 'text':
      return isText(arrow, type) ? null : 'a column of texts'
    case 'boolean':
      return Kind.isBool(type) ? null : 'a column of booleans'
    case 'timestamp':
      return isNumber || Kind.isTimestamp(type) || Kind.isDate(type) || isText(arrow, type) ? null : 'a column of timestamps'
    case 'tensor':
      return acceptedTensor(arrow, field, type)
    case 'schema':
      return null
  }
}

function acceptedTensor(arrow: Arrow, { dtype, shape }: Extract<Field, { kind: 'tensor' }>, type: DataType): string | null {
  const { DataType: Kind } = arrow
  const expected = `a column of lists of ${dtype}`
  let inner = type
  let depth = 0
  for (; Kind.isList(inner) || Kind.isLargeList(inner) || Kind.isFixedSizeList(inner); depth++) inner = inner.children[0]!.type as DataType
  // A flat list stands for a tensor of any rank.
  if (depth !== shape.length && !(depth === 1 && shape.length > 0)) return expected
  if (Kind.isNull(inner)) return null
  if (dtype === 'string') return isText(arrow, inner) ? null : expected
  if (dtype === 'bool') return Kind.isBool(inner) ? null : expected
  return Kind.isInt(inner) || Kind.isFloat(inner) || Kind.isDecimal(inner) ? null : expected
}
