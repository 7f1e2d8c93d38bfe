import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { type MessageShape, modelShape } from './message-shapes.js'
import { ModelProtoSchema } from './proto/onnx_pb.js'

const [varint, fixed64, bytes, fixed32] = [1, 2, 4, 32]

function wiresOf(field: DescField): number {
  const repeated = field.fieldKind === 'list'
  const scalar = 'scalar' in field ? field.scalar : undefined
  const single = singleWire(scalar, field)
  return repeated && single !== bytes ? single | bytes : single
}

function singleWire(scalar: ScalarType | undefined, field: DescField): number {
  if (field.fieldKind === 'enum') return varint
  if (scalar === undefined || scalar === ScalarType.STRING || scalar === ScalarType.BYTES) return bytes
  if (scalar === ScalarType.FLOAT) return fixed32
  return scalar === ScalarType.DOUBLE ? fixed64 : varint
}

/** Every pair of message and shape that the model reaches. */
function pairs(): readonly (readonly [DescMessage, MessageShape | undefined])[] {
  const seen = new Map<DescMessage, MessageShape | undefined>()
  const visit = (message: DescMessage, shape: MessageShape | undefined): void => {
    if (seen.has(message)) return
    seen.set(message, shape)
    for (const field of message.fields) if (field.message !== undefined) visit(field.message, shape?.children.get(field.number))
  }
  visit(ModelProtoSchema, modelShape)
  return [...seen]
}

/** Annotations for running one model on several devices, at the bottom of what the reader goes down to. */
const leftOut = new Set(['ShardingSpecProto', 'IntIntListEntryProto', 'ShardedDimProto', 'SimpleShardedDimProto'])

describe('modelShape', () => {
  it.each(pairs().filter(([message]) => !leftOut.has(message.name)))('%s is as the generated schema has it', (message, shape) => {
    const fields = message.fields.map((field) => [field.number, wiresOf(field)] as const)
    const known = [...(shape?.wires ?? [])].flatMap((wires, field) => (wires === 0 ? [] : [[field, wires] as const]))
    expect(known).toEqual(fields.toSorted(([a], [b]) => a - b))
  })
})
