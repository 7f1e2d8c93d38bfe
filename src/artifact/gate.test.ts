import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import * as models from '../../test/fixtures/models.js'
import type { ErrorCode } from '../core/errors.js'
import { buildModel } from './build.js'
import { gateArtifact, unsupportedReason } from './gate.js'
import { inspectModel } from './inspect.js'
import { node, value } from './model-parts.js'
import { ModelProtoSchema } from './proto/onnx_pb.js'

const strict = { allowDomains: [], externalFiles: [] }

function refusal(code: ErrorCode): Error {
  return expect.objectContaining({ name: 'SlipwayError', code }) as Error
}

describe('gateArtifact', () => {
  it('lets ordinary models in and tells what they are', () => {
    const ordinary = [models.linearModel(), models.stringInputModel(), models.zipMapModel(), models.loopModel(), models.imageModel()]
    for (const bytes of ordinary) expect(gateArtifact(bytes, strict)).toEqual(inspectModel(bytes))
  })

  it('refuses operators of other domains unless they are allowed', () => {
    expect(() => gateArtifact(models.customOpModel(), strict)).toThrow(refusal('ARTIFACT_CUSTOM_OP'))
    expect(() => gateArtifact(models.customOpModel(), strict)).toThrow(/acme:Frobnicate/u)
    expect(gateArtifact(models.customOpModel(), { ...strict, allowDomains: ['acme'] }).customDomains).toEqual(['acme'])
    expect(() => gateArtifact(models.customOpModel({ domain: 'com.microsoft.nchwc' }), strict)).toThrow(refusal('ARTIFACT_CUSTOM_OP'))
    expect(gateArtifact(models.customOpModel({ domain: 'com.microsoft' }), strict).customDomains).toEqual([])
  })

  it('refuses the operator that opens files of its own, whatever is allowed', () => {
    const bytes = buildModel({
      inputs: [value('x', 'float32', ['N'])],
      outputs: [value('y', 'float32', ['N'])],
      nodes: [node('EPContext', ['x'], ['y'], { ep_cache_context: { string: '../../etc/passwd' } }, 'com.microsoft')],
    })
    expect(() => gateArtifact(bytes, { ...strict, allowDomains: ['com.microsoft'] })).toThrow(refusal('ARTIFACT_CUSTOM_OP'))
  })

  it('lets external data in where the file came with the model, and only there', () => {
    const { model } = models.externalDataModel()
    expect(() => gateArtifact(model, strict)).toThrow(refusal('ARTIFACT_EXTERNAL'))
    expect(() => gateArtifact(model, { ...strict, externalFiles: ['weights.bi', 'xweights.bin'] })).toThrow(
      /`weights\.bin`, which did not come/u,
    )
    expect(gateArtifact(model, { ...strict, externalFiles: ['weights.bin'] }).externalData).toHaveLength(1)
    const { model: nested } = models.externalDataModel({ location: 'parts/w.bin' })
    expect(gateArtifact(nested, { ...strict, externalFiles: ['parts/w.bin'] }).externalData).toHaveLength(1)
  })

  it.each([
    '',
    '/etc/passwd',
    '//server/share',
    '..',
    '../secret',
    'a/../../secret',
    'a/..',
    './weights.bin',
    'a//b',
    'a/',
    String.raw`..\secret`,
    String.raw`a\b`,
    'C:/secret',
    'C:secret',
    'file:///etc/passwd',
    'weights.bin\0.txt',
    'weights\n.bin',
    'nul.',
    'con ',
    '*/_ORT_MEM_ADDR_/*',
    'x'.repeat(256),
  ])('refuses the location %j even when it is listed', (location) => {
    const { model } = models.externalDataModel({ location })
    expect(() => gateArtifact(model, { ...strict, externalFiles: [location] })).toThrow(refusal('ARTIFACT_EXTERNAL'))
  })

  it('does not repeat a location that could forge a log line', () => {
    const { model } = models.externalDataModel({ location: 'x\n[ADMIN] all is well' })
    expect(() => gateArtifact(model, strict)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('ADMIN') as string }) as Error,
    )
  })

  it('finds external data in a subgraph and in a function', () => {
    const { model } = models.externalDataModel()
    const outside = fromBinary(ModelProtoSchema, model)
    const [tensor] = outside.graph!.initializer
    const loop = fromBinary(ModelProtoSchema, models.loopModel())
    loop.graph!.node[0]!.attribute[0]!.g!.initializer.push(tensor!)
    expect(() => gateArtifact(toBinary(ModelProtoSchema, loop), strict)).toThrow(refusal('ARTIFACT_EXTERNAL'))
    const body = [node('Constant', [], ['y'], { value: { int: 1 } })]
    const withFunction = fromBinary(
      ModelProtoSchema,
      buildModel({
        inputs: [],
        outputs: [value('y', 'float32', [2])],
        nodes: [node('F', [], ['y'], {}, 'l')],
        functions: [{ domain: 'l', name: 'F', inputs: [], outputs: ['y'], nodes: body }],
      }),
    )
    withFunction.functions[0]!.node[0]!.attribute[0]!.t = tensor!
    expect(() => gateArtifact(toBinary(ModelProtoSchema, withFunction), strict)).toThrow(refusal('ARTIFACT_EXTERNAL'))
  })

  it('keeps the limits it is given', () => {
    expect(() => gateArtifact(models.linearModel(), { ...strict, limits: { sizeBytes: 100 } })).toThrow(refusal('ARTIFACT_LIMIT'))
  })

  it('refuses types that no engine takes, and names the input', () => {
    expect(() => gateArtifact(models.identityModel('bfloat16'), strict)).toThrow(refusal('ARTIFACT_UNSUPPORTED'))
    expect(() => gateArtifact(models.identityModel('bfloat16'), strict)).toThrow(/input `x` is bfloat16/u)
  })
})

describe('unsupportedReason', () => {
  it('has none for models that run, a ZipMap and texts included', () => {
    for (const bytes of [models.zipMapModel(), models.stringInputModel(), models.identityModel('float16'), models.manyInputModel()]) {
      expect(unsupportedReason(inspectModel(bytes))).toBeNull()
    }
  })

  it('has one for a graph that returns nothing', () => {
    const bytes = buildModel({ inputs: [value('x', 'float32', ['N'])], outputs: [], nodes: [] })
    expect(unsupportedReason(inspectModel(bytes))).toBe('the graph has no outputs')
  })
})
