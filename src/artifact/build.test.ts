import { fromBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DType } from '../core/dtype.js'
import { buildModel } from './build.js'
import { elementCode, elementType } from './element-type.js'
import { inspectModel } from './inspect.js'
import { constant, node, value } from './model-parts.js'
import { ModelProtoSchema, TensorProto_DataType } from './proto/onnx_pb.js'

const dtypes: readonly DType[] = [
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
  'bfloat16',
  'float32',
  'float64',
  'string',
]

describe('buildModel', () => {
  it('writes what inspectModel reads, for any interface of a graph', () => {
    const dimension = fc.oneof(fc.nat({ max: 1000 }), fc.constantFrom('N', 'H', 'batch size'), fc.constant(null))
    const values = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1, unit: 'grapheme' }),
        dtype: fc.constantFrom(...dtypes),
        shape: fc.array(dimension, { maxLength: 5 }),
      }),
      { selector: ({ name }) => name, maxLength: 6 },
    )
    fc.assert(
      fc.property(values, values, (inputs, outputs) => {
        const info = inspectModel(buildModel({ inputs, outputs, nodes: [] }))
        const written = (specs: typeof info.inputs): unknown =>
          specs.map((spec) => ({
            name: spec.name,
            dtype: spec.dtype,
            shape: spec.shape.map((size, axis) => size ?? spec.symbols[axis] ?? null),
          }))
        expect(written(info.inputs)).toEqual(inputs)
        expect(written(info.outputs)).toEqual(outputs)
      }),
    )
  })

  it('writes attributes of every kind', () => {
    const graph = { inputs: [], outputs: [value('g', 'float32', [])], nodes: [] }
    const attributes = {
      a: { int: -3 },
      b: { ints: [1, 2n ** 62n] },
      c: { float: 0.5 },
      d: { floats: [1.5, -2] },
      e: { string: 'grün' },
      f: { strings: ['x', ''] },
      g: { tensor: constant('', 'int64', [2], [1, 2]) },
      h: { graph },
    }
    const [built] = fromBinary(ModelProtoSchema, buildModel({ inputs: [], outputs: [], nodes: [node('Any', [], [], attributes)] })).graph!
      .node
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
    expect(built!.attribute.map(({ name, type }) => [name, type])).toEqual([
      ['a', 2],
      ['b', 7],
      ['c', 1],
      ['d', 6],
      ['e', 3],
      ['f', 8],
      ['g', 4],
      ['h', 5],
    ])
    const [a, b, c, d, e, f, g, h] = built!.attribute
    expect([a!.i, b!.ints, c!.f, d!.floats, text(e!.s), f!.strings.map(text)]).toEqual([
      -3n,
      [1n, 2n ** 62n],
      0.5,
      [1.5, -2],
      'grün',
      ['x', ''],
    ])
    expect(g!.t).toMatchObject({
      dims: [2n],
      dataType: TensorProto_DataType.INT64,
      rawData: new Uint8Array(BigInt64Array.of(1n, 2n).buffer),
    })
    expect(h!.g!.output[0]!.name).toBe('g')
  })

  it('writes the data of a view, not of the buffer behind it', () => {
    const view = Float32Array.of(9, 1, 2, 9).subarray(1, 3)
    const model = buildModel({ inputs: [], outputs: [], nodes: [], initializers: [constant('w', 'float32', [2], view)] })
    expect(fromBinary(ModelProtoSchema, model).graph!.initializer[0]!.rawData).toEqual(new Uint8Array(Float32Array.of(1, 2).buffer))
  })

  it('numbers element types as ONNX does', () => {
    for (const [name, code] of Object.entries(TensorProto_DataType)) {
      const slipway = { FLOAT: 'float32', DOUBLE: 'float64' }[name] ?? name.toLowerCase()
      expect(elementType(code).name).toBe(slipway)
    }
    for (const dtype of dtypes) expect(elementType(elementCode(dtype)).dtype).toBe(dtype)
  })
})
