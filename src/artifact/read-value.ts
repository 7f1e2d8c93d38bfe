import { elementType } from './element-type.js'
import type { Scan } from './scan.js'
import type { WireReader } from './wire-reader.js'

/** The dimensions of a TensorShapeProto: a size, a name, or null where the file gives neither. */
export type Dimension = number | string | null

/** A TypeProto as it stands in the file. */
export type ValueType =
  | { readonly kind: 'tensor'; readonly element: number; readonly dims: readonly Dimension[] | null }
  | { readonly kind: 'map'; readonly key: number; readonly value: ValueType }
  | { readonly kind: 'sequence' | 'optional'; readonly element: ValueType }
  | { readonly kind: 'sparse tensor' | 'opaque' | 'unknown' }

/** A ValueInfoProto: an input, an output or a value between nodes. */
export interface Value {
  readonly name: string
  readonly type: ValueType
}

const unknown: ValueType = { kind: 'unknown' }

export function readValue(reader: WireReader, scan: Scan): Value {
  let name = ''
  let type = unknown
  while (reader.next()) {
    if (reader.field === 1) name = reader.once().string()
    else if (reader.field === 2) type = readType(reader.once().message('type'), scan)
  }
  return { name: scan.entry(name), type }
}

/** `sequence(map(int64, float32))`: ONNX's words for a type. */
export function describeType(type: ValueType): string {
  if (type.kind === 'tensor') return elementType(type.element).name
  if (type.kind === 'map') return `map(${elementType(type.key).name}, ${describeType(type.value)})`
  if (type.kind === 'sequence' || type.kind === 'optional') return `${type.kind}(${describeType(type.element)})`
  return type.kind === 'unknown' ? 'no declared type' : type.kind
}

function readType(reader: WireReader, scan: Scan): ValueType {
  let type: ValueType | null = null
  while (reader.next()) {
    // Field 6 is a comment (denotation); all others are the members of one `oneof`.
    if (reader.field === 6) continue
    if (type !== null) reader.fail('a type given twice')
    type = readMember(reader, scan)
  }
  return type ?? unknown
}

function readMember(reader: WireReader, scan: Scan): ValueType {
  switch (reader.field) {
    case 1:
      return readTensorType(reader.message('tensor_type'), scan)
    case 4:
      return { kind: 'sequence', element: readElement(reader.message('sequence_type'), scan) }
    case 5:
      return readMap(reader.message('map_type'), scan)
    case 7:
      return { kind: 'opaque' }
    case 8:
      return { kind: 'sparse tensor' }
    case 9:
      return { kind: 'optional', element: readElement(reader.message('optional_type'), scan) }
    default:
      return unknown
  }
}

function readElement(reader: WireReader, scan: Scan): ValueType {
  let element = unknown
  while (reader.next()) {
    if (reader.field === 1) element = readType(reader.once().message('elem_type'), scan)
  }
  return element
}

function readMap(reader: WireReader, scan: Scan): ValueType {
  let key = 0
  let value = unknown
  while (reader.next()) {
    if (reader.field === 1) key = reader.once().integer()
    else if (reader.field === 2) value = readType(reader.once().message('value_type'), scan)
  }
  return { kind: 'map', key, value }
}

function readTensorType(reader: WireReader, scan: Scan): ValueType {
  let element = 0
  let dims: readonly Dimension[] | null = null
  while (reader.next()) {
    if (reader.field === 1) element = reader.once().integer()
    else if (reader.field === 2) dims = readShape(reader.once().message('shape'), scan)
  }
  return { kind: 'tensor', element, dims }
}

function readShape(reader: WireReader, scan: Scan): readonly Dimension[] {
  const dims: Dimension[] = []
  while (reader.next()) {
    if (reader.field === 1) dims.push(scan.entry(readDimension(reader.message(`dim[${dims.length}]`))))
  }
  return dims
}

/** A negative size, which some exporters write for a free dimension, is read as one, as ONNX Runtime does. */
function readDimension(reader: WireReader): Dimension {
  let size: number | null = null
  let name: string | null = null
  while (reader.next()) {
    if (reader.field === 1) size = reader.once().integer()
    else if (reader.field === 2) name = reader.once().string()
  }
  if (size !== null && name !== null) reader.fail('a dimension with a size and a name')
  if (size !== null) return size < 0 ? null : size
  return name === '' ? null : name
}
