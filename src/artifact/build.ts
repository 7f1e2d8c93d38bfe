import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { elementCode } from './element-type.js'
import type {
  AttributeValue,
  FunctionParts,
  GraphParts,
  InitializerParts,
  ModelParts,
  NodeParts,
  ShapeParts,
  ValueParts,
} from './model-parts.js'
import {
  AttributeProto_AttributeType as Kind,
  type AttributeProtoSchema,
  type FunctionProtoSchema,
  type GraphProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type TypeProtoSchema,
  type ValueInfoProtoSchema,
} from './proto/onnx_pb.js'
import type { Tensor } from '../core/tensor.js'

const utf8 = new TextEncoder()

/** Writes an ONNX model from plain parts. It checks nothing: the engine that loads the model does. */
export function buildModel(parts: ModelParts): Uint8Array {
  const opset = { 'ai.onnx': 17, ...(usesMl(parts) ? { 'ai.onnx.ml': 3 } : {}), ...parts.opset }
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(parts.irVersion ?? 8),
    producerName: parts.producer ?? 'slipway',
    opsetImport: Object.entries(opset).map(([domain, version]) => ({ domain: fileDomain(domain), version: BigInt(version) })),
    graph: graphProto(parts),
    metadataProps: Object.entries(parts.metadata ?? {}).map(([key, text]) => ({ key, value: text })),
    functions: (parts.functions ?? []).map((body) => functionProto(body, opset)),
  })
  return toBinary(ModelProtoSchema, model)
}

function usesMl(parts: ModelParts): boolean {
  return [...parts.nodes, ...(parts.functions ?? []).flatMap((body) => body.nodes)].some((node) => node.domain === 'ai.onnx.ml')
}

function fileDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain
}

function graphProto(parts: GraphParts): MessageInitShape<typeof GraphProtoSchema> {
  return {
    name: parts.name ?? 'graph',
    node: parts.nodes.map(nodeProto),
    input: parts.inputs.map(valueProto),
    output: parts.outputs.map(valueProto),
    initializer: (parts.initializers ?? []).map(initializerProto),
    valueInfo: (parts.values ?? []).map(valueProto),
  }
}

function functionProto(parts: FunctionParts, opset: Readonly<Record<string, number>>): MessageInitShape<typeof FunctionProtoSchema> {
  return {
    domain: parts.domain,
    name: parts.name,
    input: [...parts.inputs],
    output: [...parts.outputs],
    node: parts.nodes.map(nodeProto),
    opsetImport: Object.entries(opset).map(([domain, version]) => ({ domain: fileDomain(domain), version: BigInt(version) })),
  }
}

function nodeProto(parts: NodeParts): MessageInitShape<typeof NodeProtoSchema> {
  return {
    opType: parts.op,
    input: [...parts.inputs],
    output: [...parts.outputs],
    domain: fileDomain(parts.domain ?? ''),
    ...(parts.name === undefined ? {} : { name: parts.name }),
    attribute: Object.entries(parts.attributes ?? {}).map(([name, attribute]) => ({ name, ...attributeProto(attribute) })),
  }
}

function attributeProto(value: AttributeValue): MessageInitShape<typeof AttributeProtoSchema> {
  if ('int' in value) return { type: Kind.INT, i: BigInt(value.int) }
  if ('ints' in value) return { type: Kind.INTS, ints: value.ints.map(BigInt) }
  if ('float' in value) return { type: Kind.FLOAT, f: value.float }
  if ('floats' in value) return { type: Kind.FLOATS, floats: [...value.floats] }
  if ('string' in value) return { type: Kind.STRING, s: utf8.encode(value.string) }
  if ('strings' in value) return { type: Kind.STRINGS, strings: value.strings.map((text) => utf8.encode(text)) }
  if ('tensor' in value) return { type: Kind.TENSOR, t: tensorProto(value.tensor) }
  return { type: Kind.GRAPH, g: graphProto(value.graph) }
}

function initializerProto(parts: InitializerParts): MessageInitShape<typeof TensorProtoSchema> {
  if ('data' in parts) return { name: parts.name, ...tensorProto(parts) }
  const { location, offset, length } = parts.external
  const entries = { location, ...(offset === undefined ? {} : { offset }), ...(length === undefined ? {} : { length }) }
  return {
    name: parts.name,
    dims: parts.shape.map(BigInt),
    dataType: elementCode(parts.dtype),
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, text]) => ({ key, value: String(text) })),
  }
}

function tensorProto({ dtype, shape, data }: Tensor): MessageInitShape<typeof TensorProtoSchema> {
  const head = { dims: shape.map(BigInt), dataType: elementCode(dtype) }
  if (Array.isArray(data)) return { ...head, stringData: data.map((text) => utf8.encode(text)) }
  return { ...head, rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength) }
}

function valueProto({ name, dtype, shape, keyDtype }: ValueParts): MessageInitShape<typeof ValueInfoProtoSchema> {
  const type = tensorType(elementCode(dtype), keyDtype === undefined ? shape : null)
  if (keyDtype === undefined) return { name, type }
  const map = { value: { case: 'mapType' as const, value: { keyType: elementCode(keyDtype), valueType: type } } }
  return { name, type: { value: { case: 'sequenceType', value: { elemType: map } } } }
}

function tensorType(elemType: number, shape: ShapeParts | null): MessageInitShape<typeof TypeProtoSchema> {
  const declared = shape === null ? {} : { shape: { dim: shape.map(dimension) } }
  return { value: { case: 'tensorType', value: { elemType, ...declared } } }
}

function dimension(size: number | string | null): { value?: { case: 'dimValue'; value: bigint } | { case: 'dimParam'; value: string } } {
  if (size === null) return {}
  return { value: typeof size === 'number' ? { case: 'dimValue', value: BigInt(size) } : { case: 'dimParam', value: size } }
}
