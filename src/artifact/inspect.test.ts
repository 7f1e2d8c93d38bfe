import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import * as models from '../../test/fixtures/models.js'
import type { DType } from '../core/dtype.js'
import { buildModel } from './build.js'
import { inspectModel } from './inspect.js'
import { constant, type ModelParts, node, value } from './model-parts.js'
import { type ModelProto, ModelProtoSchema } from './proto/onnx_pb.js'

/** A model with one change that `buildModel` has no words for. */
function edit(bytes: Uint8Array, change: (model: ModelProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes)
  change(model)
  return toBinary(ModelProtoSchema, model)
}

const oneNode: ModelParts = {
  inputs: [value('x', 'float32', ['N', 2])],
  outputs: [value('y', 'float32', ['N', 2])],
  nodes: [node('Identity', ['x'], ['y'])],
}

describe('inspectModel', () => {
  it('tells inputs and outputs with types, shapes and names of free dimensions', () => {
    const info = inspectModel(models.imageModel({ dynamic: true }))
    expect(info.inputs).toEqual([
      { name: 'image', dtype: 'float32', shape: [null, 3, null, null], symbols: ['N', null, 'H', 'W'], ranked: true },
    ])
    expect(info.outputs).toEqual([
      { kind: 'tensor', name: 'logits', dtype: 'float32', shape: [null, 2], symbols: ['N', null], ranked: true },
    ])
  })

  it('tells versions, producer, parameters, size and metadata', () => {
    const bytes = buildModel({
      ...oneNode,
      metadata: { author: 'Ada', __proto__x: 'y' },
      producer: 'torch',
      opset: { 'ai.onnx': 18, 'com.microsoft': 1 },
      irVersion: 9,
    })
    const info = inspectModel(bytes)
    expect(info).toMatchObject({ irVersion: 9, opset: { 'ai.onnx': 18, 'com.microsoft': 1 }, producer: 'torch', sizeBytes: bytes.length })
    expect(info.metadata).toEqual({ author: 'Ada', __proto__x: 'y' })
    expect(inspectModel(models.linearModel({ inputs: 30 })).parameters).toBe(31)
  })

  it('keeps a metadata key named __proto__ as plain data', () => {
    const info = inspectModel(edit(buildModel(oneNode), (model) => model.metadataProps.push(...fromEntries([['__proto__', 'evil']]))))
    expect(Object.keys(info.metadata)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined()
  })

  it.each<DType>([
    'bool',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
    'int8',
    'int16',
    'int32',
    'int64',
    'float16',
    'float32',
    'float64',
    'string',
  ])('knows %s', (dtype) => {
    const info = inspectModel(models.identityModel(dtype))
    expect(info.inputs[0]!.dtype).toBe(dtype)
    expect(info.unsupported).toEqual([])
  })

  it('leaves initializers out of the inputs', () => {
    const info = inspectModel(
      buildModel({
        ...oneNode,
        inputs: [...oneNode.inputs, value('w', 'float32', [1])],
        initializers: [constant('w', 'float32', [1], [1])],
      }),
    )
    expect(info.inputs.map((input) => input.name)).toEqual(['x'])
  })

  it('says when a shape is not declared, and reads a negative size as free', () => {
    expect(inspectModel(models.identityModel('float32', [])).inputs[0]).toMatchObject({ shape: [], ranked: true })
    const shapeless = inspectModel(buildModel({ ...oneNode, inputs: [value('x', 'float32', null)] }))
    expect(shapeless.inputs[0]).toMatchObject({ shape: [], ranked: false })
    expect(inspectModel(models.identityModel('float32', [-1, 4, null])).inputs[0]).toMatchObject({
      shape: [null, 4, null],
      symbols: [null, null, null],
    })
  })

  it('counts operators in subgraphs and functions', () => {
    const call = node('Twice', ['x'], ['y'], {}, 'local')
    const info = inspectModel(
      buildModel({
        ...oneNode,
        nodes: [call],
        functions: [{ domain: 'local', name: 'Twice', inputs: ['a'], outputs: ['b'], nodes: [node('Add', ['a', 'a'], ['b'])] }],
      }),
    )
    expect(info.operators).toEqual({ 'local:Twice': 1, 'ai.onnx:Add': 1 })
    expect(info.customDomains).toEqual([])
    expect(info.nodes).toBe(1)
    expect(inspectModel(models.loopModel()).operators).toEqual({ 'ai.onnx:Loop': 1, 'ai.onnx:Identity': 1, 'ai.onnx:Add': 1 })
  })

  it('sees loops, also inside a function or a branch', () => {
    expect(inspectModel(models.loopModel()).hasLoop).toBe(true)
    expect(inspectModel(models.slowModel({ ms: 10 })).hasLoop).toBe(false)
    const scan = node('Scan', ['x'], ['y'], { num_scan_inputs: { int: 1 } })
    const branch = { inputs: [], outputs: [value('y', 'float32', ['N', 2])], nodes: [scan] }
    const nested = node('If', ['c'], ['y'], { then_branch: { graph: branch }, else_branch: { graph: { ...branch, nodes: [] } } })
    expect(inspectModel(buildModel({ ...oneNode, nodes: [nested] })).hasLoop).toBe(true)
    const functions = [{ domain: 'local', name: 'F', inputs: ['x'], outputs: ['y'], nodes: [scan] }]
    expect(inspectModel(buildModel({ ...oneNode, nodes: [node('F', ['x'], ['y'], {}, 'local')], functions })).hasLoop).toBe(true)
  })

  it('names custom domains, and none that the file itself defines', () => {
    expect(inspectModel(models.customOpModel()).customDomains).toEqual(['acme'])
    expect(inspectModel(models.stringInputModel()).customDomains).toEqual([])
    const other = [{ domain: 'acme', name: 'Other', inputs: ['a'], outputs: ['b'], nodes: [node('Neg', ['a'], ['b'])] }]
    expect(
      inspectModel(buildModel({ ...oneNode, nodes: [node('Frobnicate', ['x'], ['y'], {}, 'acme')], functions: other })).customDomains,
    ).toEqual(['acme'])
  })

  it('lists external data of initializers, attributes, subgraphs and sparse tensors', () => {
    const info = inspectModel(models.externalDataModel({ location: 'a/b.bin' }).model)
    expect(info.externalData).toEqual([{ tensor: 'b', location: 'a/b.bin', offset: 0, length: 8 }])
    const hidden = edit(models.externalDataModel().model, (model) => {
      const tensor = model.graph!.initializer.pop()!
      const plain = fromBinary(
        ModelProtoSchema,
        buildModel({ ...oneNode, nodes: [node('Constant', [], ['y'], { sparse_value: { int: 1 } })] }),
      )
      const attribute = plain.graph!.node[0]!.attribute[0]!
      model.graph!.node.push(plain.graph!.node[0]!)
      attribute.sparseTensor = { $typeName: 'onnx.SparseTensorProto', values: tensor, indices: tensor, dims: [4n] } as NonNullable<
        typeof attribute.sparseTensor
      >
    })
    expect(inspectModel(hidden).externalData).toHaveLength(2)
  })

  it('takes the length of external data from the tensor when the file leaves it out', () => {
    const model = buildModel({ ...oneNode, initializers: [{ name: 'b', dtype: 'int64', shape: [3, 2], external: { location: 'w' } }] })
    expect(inspectModel(model).externalData).toEqual([{ tensor: 'b', location: 'w', offset: 0, length: 48 }])
  })

  it('is plain JSON but for bigint labels', () => {
    const info = inspectModel(models.zipMapModel({ labels: 'string' }))
    expect(JSON.parse(JSON.stringify(info))).toEqual(info)
  })

  it('finds what a ZipMap does', () => {
    const info = inspectModel(models.zipMapModel())
    expect(info.outputs[1]).toEqual({
      kind: 'map',
      name: 'output_probability',
      dtype: 'float32',
      keyDtype: 'int64',
      shape: [null],
      symbols: [null],
      ranked: true,
    })
    expect(info.zipMap).toEqual({ output: 'output_probability', labels: [3n, 5n, 8n], source: 'probabilities' })
    expect(info.unsupported).toEqual([])
    expect(inspectModel(models.zipMapModel({ labels: 'string' })).classLabels).toEqual(['low', 'mid', 'high'])
  })

  it('finds class labels of a classifier without a ZipMap, and none where two classifiers disagree about the answer', () => {
    const parts = models.zipMapParts()
    const [classifier] = parts.nodes
    const plain = { ...parts, outputs: [parts.outputs[0]!, value('probabilities', 'float32', ['N', 3])], nodes: [classifier!] }
    expect(inspectModel(buildModel(plain)).classLabels).toEqual([3n, 5n, 8n])
    const hidden = { ...classifier!, outputs: ['l2', 'p2'] }
    expect(inspectModel(buildModel({ ...plain, nodes: [hidden, classifier!] })).classLabels).toEqual([3n, 5n, 8n])
    const both = [node('Identity', ['l1'], ['output_label'])]
    expect(
      inspectModel(buildModel({ ...plain, nodes: [hidden, { ...classifier!, outputs: ['l1', 'p1'] }, ...both] })).classLabels,
    ).toBeNull()
  })
})

describe('inspectModel on values that no tensor carries', () => {
  it('names their types', () => {
    const bytes = edit(buildModel(oneNode), (model) => {
      const graph = model.graph!
      const tensor = graph.input[0]!.type!
      graph.input[0]!.type = {
        ...tensor,
        value: { case: 'sequenceType', value: { $typeName: 'onnx.TypeProto.Sequence', elemType: tensor } },
      }
      graph.output[0]!.type = {
        ...tensor,
        value: { case: 'optionalType', value: { $typeName: 'onnx.TypeProto.Optional', elemType: tensor } },
      }
    })
    expect(inspectModel(bytes).unsupported).toEqual([
      { role: 'input', name: 'x', type: 'sequence(float32)' },
      { role: 'output', name: 'y', type: 'optional(float32)' },
    ])
  })

  it.each([
    [16, 'bfloat16'],
    [17, 'float8e4m3fn'],
    [22, 'int4'],
    [14, 'complex64'],
    [99, 'type 99'],
  ])('element type %i is %s', (code, name) => {
    const bytes = edit(buildModel(oneNode), (model) => {
      const type = model.graph!.input[0]!.type!.value
      if (type.case === 'tensorType') type.value.elemType = code
    })
    expect(inspectModel(bytes).unsupported).toEqual([{ role: 'input', name: 'x', type: name }])
  })

  it('counts a map that no ZipMap of the main graph makes as one', () => {
    const parts = models.zipMapParts()
    const cast = node('CastMap', ['output_probability'], ['other'], {}, 'ai.onnx.ml')
    const info = inspectModel(
      buildModel({ ...parts, outputs: [parts.outputs[0]!, { ...parts.outputs[1]!, name: 'other' }], nodes: [...parts.nodes, cast] }),
    )
    expect(info.zipMap).toBeNull()
    expect(info.unsupported).toEqual([{ role: 'output', name: 'other', type: 'sequence(map(int64, float32))' }])
  })
})

function fromEntries(entries: readonly (readonly [string, string])[]): ModelProto['metadataProps'] {
  return create(ModelProtoSchema, { metadataProps: entries.map(([key, text]) => ({ key, value: text })) }).metadataProps
}
