/** What is known of one kind of message: how its fields are written, and which of them are messages themselves. */
export interface MessageShape {
  readonly name: string
  /** For field f, bit w allows wire type w; 0 is an unknown field. */
  readonly wires: Uint8Array
  readonly children: Map<number, MessageShape>
}

const fieldWires: Readonly<Record<string, number>> = {
  /** Integers and enums. */
  varint: 1,
  /** Texts and bytes, single or repeated. */
  bytes: 4,
  /** Repeated integers, packed or not. */
  varints: 1 | 4,
  float: 32,
  floats: 32 | 4,
  doubles: 2 | 4,
}

/** Field numbers of ONNX by kind of field; a kind that is not in `fieldWires` is a message. proto/onnx_pb.ts has their names. */
const messages: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  model: { varint: [1, 5], bytes: [2, 3, 4, 6], graph: [7], operatorSet: [8], entry: [14], training: [20], function: [25], device: [26] },
  operatorSet: { bytes: [1], varint: [2] },
  entry: { bytes: [1, 2] },
  device: { bytes: [1, 3], varint: [2] },
  training: { graph: [1, 2], entry: [3, 4] },
  function: { bytes: [1, 4, 5, 6, 8, 10, 13], node: [7], operatorSet: [9], attribute: [11], value: [12], entry: [14] },
  graph: { node: [1], bytes: [2, 10], tensor: [5], value: [11, 12, 13], annotation: [14], sparseTensor: [15], entry: [16] },
  annotation: { bytes: [1], entry: [2] },
  node: { bytes: [1, 2, 3, 4, 6, 7, 8], attribute: [5], entry: [9], configuration: [10] },
  configuration: { bytes: [1, 2], varint: [3] },
  attribute: {
    bytes: [1, 4, 9, 13, 21],
    varint: [3, 20],
    varints: [8],
    float: [2],
    floats: [7],
    tensor: [5, 10],
    graph: [6, 11],
    type: [14, 15],
    sparseTensor: [22, 23],
  },
  tensor: { varints: [1, 5, 7, 11], varint: [2, 14], segment: [3], floats: [4], bytes: [6, 8, 9, 12], doubles: [10], entry: [13, 16] },
  segment: { varint: [1, 2] },
  sparseTensor: { tensor: [1, 2], varints: [3] },
  value: { bytes: [1, 3], type: [2], entry: [4] },
  type: { tensorType: [1, 8], element: [4, 9], map: [5], bytes: [6], opaque: [7] },
  tensorType: { varint: [1], shape: [2] },
  element: { type: [1] },
  map: { varint: [1], type: [2] },
  opaque: { bytes: [1, 2] },
  shape: { dimension: [1] },
  dimension: { varint: [1], bytes: [2, 3] },
}

/** The shape of a whole ONNX file (https://github.com/onnx/onnx/blob/main/onnx/onnx-ml.proto). */
export const modelShape: MessageShape = shapes()

/** A message of which nothing is known. */
export const unknownShape: MessageShape = emptyShape('message')

function shapes(): MessageShape {
  const all = new Map(Object.keys(messages).map((name) => [name, emptyShape(name)]))
  for (const [name, shape] of all) {
    for (const [kind, numbers] of Object.entries(messages[name] ?? {})) {
      for (const field of numbers) {
        shape.wires[field] = fieldWires[kind] ?? 4
        const child = all.get(kind)
        if (child !== undefined) shape.children.set(field, child)
      }
    }
  }
  return all.get('model') ?? unknownShape
}

function emptyShape(name: string): MessageShape {
  return { name, wires: new Uint8Array(32), children: new Map() }
}
