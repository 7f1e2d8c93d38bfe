import { create, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { ModelInferRequestSchema } from './proto/open_inference_pb.js'
import { weighInferRequest } from './weigh-request.js'

function weigh(init: Parameters<typeof create<typeof ModelInferRequestSchema>>[1]): { parts: number; elements: number } {
  return weighInferRequest(toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, init)))
}

test('typed contents weigh one an element, whatever their type', () => {
  const contents = {
    boolContents: [true, false],
    intContents: [1, -1, 300],
    int64Contents: [1n, -1n, 2n ** 40n],
    uintContents: [1, 128],
    uint64Contents: [2n ** 63n],
    fp32Contents: [1, 2, 3],
    fp64Contents: [1, 2],
    bytesContents: [new Uint8Array(5), new Uint8Array(200)],
  }
  expect(weigh({ inputs: [{ name: 'x', contents }] })).toEqual({ parts: 3, elements: 18 })
})

test('shapes weigh as elements, raw contents as one part each', () => {
  const request = { modelName: 'm', inputs: [{ name: 'x', shape: [1n, 300n, -1n] }], rawInputContents: [new Uint8Array(1000)] }
  expect(weigh(request)).toEqual({ parts: 5, elements: 3 })
})

test('fields that are not packed weigh as well', () => {
  // inputs { contents { int_contents: 7 7 } } with one tag a value, as old encoders write it.
  expect(weighInferRequest(Uint8Array.of(0x2a, 6, 0x2a, 4, 0x10, 7, 0x10, 7))).toEqual({ parts: 2, elements: 2 })
})

test('bytes that end too early throw', () => {
  expect(() => weighInferRequest(Uint8Array.of(0x2a, 200))).toThrow('premature EOF')
})
