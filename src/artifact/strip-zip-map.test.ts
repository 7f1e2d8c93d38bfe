import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { linearModel, zipMapModel, zipMapParts } from '../../test/fixtures/models.js'
import { buildModel } from './build.js'
import { inspectModel } from './inspect.js'
import { node, value } from './model-parts.js'
import { ModelProtoSchema, ValueInfoProtoSchema } from './proto/onnx_pb.js'
import { stripZipMap } from './strip-zip-map.js'
import { bytesField, join } from './wire-writer.js'

describe('stripZipMap', () => {
  it.each(['int64', 'string'] as const)('turns the list of maps into a probability tensor under the same name (%s labels)', (labels) => {
    const before = inspectModel(zipMapModel({ labels }))
    const after = inspectModel(stripZipMap(zipMapModel({ labels })))
    expect(after.outputs).toEqual([
      before.outputs[0],
      { kind: 'tensor', name: 'output_probability', dtype: 'float32', shape: [null, 3], symbols: [null, null], ranked: true },
    ])
    expect(after.classLabels).toEqual(before.classLabels)
    expect(after).toMatchObject({ zipMap: null, zipMaps: [], unsupported: [], operators: { 'ai.onnx:Identity': 1 } })
    expect(after.operators).not.toHaveProperty('ai.onnx.ml:ZipMap')
  })

  it('gives a model without a ZipMap back as it is', () => {
    const bytes = linearModel()
    expect(stripZipMap(bytes)).toBe(bytes)
  })

  it('changes nothing the second time', () => {
    const once = stripZipMap(zipMapModel())
    expect(stripZipMap(once)).toBe(once)
  })

  it('keeps every byte that is not about the ZipMap, fields that nobody knows included', () => {
    const unknown = join(bytesField(1000, Uint8Array.of(1, 2, 3)))
    const bytes = join([zipMapModel(), unknown])
    const before = fromBinary(ModelProtoSchema, bytes)
    const after = fromBinary(ModelProtoSchema, stripZipMap(bytes))
    expect(after.$unknown).toEqual(before.$unknown)
    expect(after.graph!.node[0]).toEqual(before.graph!.node[0])
    expect(after.graph!.input).toEqual(before.graph!.input)
    expect(after.graph!.output[0]).toEqual(before.graph!.output[0])
    expect(after.opsetImport).toEqual(before.opsetImport)
    expect(after.graph!.node[1]).toMatchObject({ opType: 'Identity', input: ['probabilities'], output: ['output_probability'] })
  })

  it('takes the type of the probabilities from the file where it declares one', () => {
    const parts = zipMapParts()
    const bytes = buildModel({ ...parts, values: [value('probabilities', 'float32', ['N', 3])] })
    expect(inspectModel(stripZipMap(bytes)).outputs[1]).toMatchObject({ shape: [null, 3], symbols: ['N', null] })
  })

  it('drops a second declaration of the map type among the inner values', () => {
    const parts = zipMapParts()
    const bytes = buildModel({ ...parts, values: [parts.outputs[1]!] })
    expect(fromBinary(ModelProtoSchema, stripZipMap(bytes)).graph!.valueInfo).toEqual([])
  })

  it('imports the default operators where the file used none', () => {
    const model = fromBinary(ModelProtoSchema, zipMapModel())
    model.opsetImport = model.opsetImport.filter((set) => set.domain !== '')
    expect(inspectModel(stripZipMap(toBinary(ModelProtoSchema, model))).opset).toEqual({ 'ai.onnx.ml': 3, 'ai.onnx': 13 })
  })

  it('strips several, and leaves one alone whose maps stay inside the graph', () => {
    const parts = zipMapParts()
    const [classifier, zipMap] = parts.nodes
    const second = { ...zipMap!, outputs: ['more'] }
    const both = buildModel({
      ...parts,
      outputs: [...parts.outputs, { ...parts.outputs[1]!, name: 'more' }],
      nodes: [classifier!, zipMap!, second],
    })
    expect(inspectModel(both).zipMaps).toHaveLength(2)
    expect(inspectModel(stripZipMap(both)).outputs.map((output) => output.kind)).toEqual(['tensor', 'tensor', 'tensor'])
    const inside = buildModel({
      ...parts,
      outputs: [parts.outputs[0]!],
      nodes: [classifier!, zipMap!, node('DictVectorizer', ['output_probability'], ['v'], {}, 'ai.onnx.ml')],
    })
    expect(stripZipMap(inside)).toBe(inside)
  })

  it('keeps the comments and other fields of the graph in place', () => {
    const model = fromBinary(ModelProtoSchema, zipMapModel())
    model.graph!.docString = 'trained on a Tuesday'
    model.graph!.valueInfo.push(create(ValueInfoProtoSchema, { name: 'inner', docString: 'kept' }))
    const after = fromBinary(ModelProtoSchema, stripZipMap(toBinary(ModelProtoSchema, model)))
    expect(after.graph!.docString).toBe('trained on a Tuesday')
    expect(after.graph!.valueInfo.map((inner) => inner.name)).toEqual(['inner'])
  })
})
