import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import type { DType } from '../../core/dtype.js'
import type { NamedTensor } from '../../core/oip.js'
import { ModelInferRequestSchema } from './proto/open_inference_pb.js'
import { readInputs } from './read-inputs.js'

function read(init: MessageInitShape<typeof ModelInferRequestSchema>): readonly NamedTensor[] {
  return readInputs(create(ModelInferRequestSchema, init))
}

function code(value: string): unknown {
  return expect.objectContaining({ code: value })
}

const text = new TextEncoder()

describe('typed contents', () => {
  test.each([
    ['BOOL', { boolContents: [true, false] }, 'bool', Uint8Array.of(1, 0)],
    ['INT8', { intContents: [-128, 127] }, 'int8', Int8Array.of(-128, 127)],
    ['INT16', { intContents: [-32_768, 32_767] }, 'int16', Int16Array.of(-32_768, 32_767)],
    ['INT32', { intContents: [-2_147_483_648, 7] }, 'int32', Int32Array.of(-2_147_483_648, 7)],
    ['INT64', { int64Contents: [-(2n ** 63n), 2n ** 53n + 1n] }, 'int64', BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n)],
    ['UINT8', { uintContents: [0, 255] }, 'uint8', Uint8Array.of(0, 255)],
    ['UINT16', { uintContents: [0, 65_535] }, 'uint16', Uint16Array.of(0, 65_535)],
    ['UINT32', { uintContents: [0, 4_294_967_295] }, 'uint32', Uint32Array.of(0, 4_294_967_295)],
    ['UINT64', { uint64Contents: [0n, 2n ** 64n - 1n] }, 'uint64', BigUint64Array.of(0n, 2n ** 64n - 1n)],
    ['FP32', { fp32Contents: [0.5, Number.NaN] }, 'float32', Float32Array.of(0.5, Number.NaN)],
    ['FP64', { fp64Contents: [0.1, -Infinity] }, 'float64', Float64Array.of(0.1, -Infinity)],
    ['BYTES', { bytesContents: [text.encode('é'), text.encode('')] }, 'string', ['é', '']],
  ] as const)('%s is read from its field', (datatype, contents, dtype, data) => {
    const inputs = [{ name: 'x', datatype, shape: [2n, 1n], contents: contents as object }]
    expect(read({ inputs })).toEqual([{ name: 'x', tensor: { dtype: dtype as DType, shape: [2, 1], data } }])
  })

  test.each([
    ['INT8', { intContents: [128] }],
    ['UINT8', { uintContents: [300] }],
    ['INT16', { intContents: [-32_769] }],
    ['UINT16', { uintContents: [65_536] }],
  ] as const)('%s refuses a number that does not fit', (datatype, contents) => {
    expect(() => read({ inputs: [{ name: 'x', datatype, shape: [1n], contents: contents as object }] })).toThrow(code('INPUT_RANGE'))
  })

  test('elements in the field of another type are refused', () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1n], contents: { fp64Contents: [1] } }]
    expect(() => read({ inputs })).toThrow('expected its elements in fp32_contents, received fp64_contents')
  })

  test('half precision has no typed contents', () => {
    for (const datatype of ['FP16', 'BF16']) {
      const inputs = [{ name: 'x', datatype, shape: [1n], contents: { fp32Contents: [1] } }]
      expect(() => read({ inputs })).toThrow(code('INPUT_DATATYPE'))
    }
  })

  test('a text that is no UTF-8 is refused', () => {
    const inputs = [{ name: 'x', datatype: 'BYTES', shape: [1n], contents: { bytesContents: [Uint8Array.of(255)] } }]
    expect(() => read({ inputs })).toThrow(code('INVALID_UTF8'))
  })

  test('an element count that is not that of the shape is refused, also when there are none', () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [2n], contents: { fp32Contents: [1] } }]
    expect(() => read({ inputs })).toThrow(code('INPUT_SHAPE'))
    expect(() => read({ inputs: [{ name: 'x', datatype: 'FP32', shape: [2n] }] })).toThrow(code('INPUT_SHAPE'))
  })

  test('no elements at all are fine for a shape that has none', () => {
    expect(read({ inputs: [{ name: 'x', datatype: 'FP32', shape: [0n, 3n] }] })[0]?.tensor.shape).toEqual([0, 3])
  })
})

describe('raw contents', () => {
  const raw = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

  test('each entry is the data of the input in its place', () => {
    const inputs = [
      { name: 'a', datatype: 'FP32', shape: [1n] },
      { name: 'b', datatype: 'FP16', shape: [1n] },
      { name: 'c', datatype: 'BYTES', shape: [1n] },
    ]
    const tensors = read({ inputs, rawInputContents: [raw(1.5), Uint8Array.of(0, 0x3c), Uint8Array.of(1, 0, 0, 0, 65)] })
    expect(tensors.map(({ tensor }) => tensor.data)).toEqual([Float32Array.of(1.5), Uint16Array.of(0x3c00), ['A']])
  })

  test('wherever in the message they begin', () => {
    const bytes = new Uint8Array(64)
    for (let offset = 0; offset < 8; offset++) {
      bytes.set(raw(1, 2), offset)
      const inputs = [{ name: 'a', datatype: 'FP32', shape: [2n] }]
      expect(read({ inputs, rawInputContents: [bytes.subarray(offset, offset + 8)] })[0]?.tensor.data).toEqual(Float32Array.of(1, 2))
    }
  })

  test('both kinds of contents at once are refused', () => {
    const inputs = [{ name: 'a', datatype: 'FP32', shape: [1n], contents: { fp32Contents: [1] } }]
    expect(() => read({ inputs, rawInputContents: [raw(1)] })).toThrow(code('INVALID_REQUEST'))
  })

  test('another number of entries than inputs is refused, and another size than that of the shape', () => {
    const inputs = [{ name: 'a', datatype: 'FP32', shape: [2n] }]
    expect(() => read({ inputs, rawInputContents: [raw(1, 2), raw(1)] })).toThrow(code('INVALID_REQUEST'))
    expect(() => read({ inputs, rawInputContents: [raw(1)] })).toThrow(code('INVALID_BINARY'))
  })
})

describe('any input', () => {
  test.each([
    ['an unknown datatype', { datatype: 'FP8', shape: [1n] }, 'INPUT_DATATYPE'],
    ['a negative dimension', { datatype: 'FP32', shape: [-1n] }, 'INPUT_SHAPE'],
    ['a dimension beyond any memory', { datatype: 'FP32', shape: [2n ** 62n] }, 'INPUT_SHAPE'],
  ])('with %s is refused', (_, input, expected) => {
    expect(() => read({ inputs: [{ name: 'x', ...input }] })).toThrow(code(expected))
  })

  test('given twice is refused', () => {
    const input = { name: 'x', datatype: 'FP32', shape: [0n] }
    expect(() => read({ inputs: [input, input] })).toThrow(code('INPUT_DUPLICATE'))
  })

  test('in shared memory is refused', () => {
    const parameters = { shared_memory_region: { parameterChoice: { case: 'stringParam' as const, value: 'r' } } }
    expect(() => read({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1n], parameters }] })).toThrow(code('UNSUPPORTED'))
  })
})
