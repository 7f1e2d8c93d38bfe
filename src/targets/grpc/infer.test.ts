import { status } from '@grpc/grpc-js'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineDTypes, extremes } from '../../../test/fixtures/dtypes.js'
import { identityModel, linearModel, slowModel, stringInputModel } from '../../../test/fixtures/models.js'
import { connectGrpc } from '../../../test/support/grpc-client.js'
import type { Ended, GrpcTestClient } from '../../../test/support/grpc-client.js'
import { quietLogger, serveModels } from '../../../test/support/served-models.js'
import type { ServedModels } from '../../../test/support/served-models.js'
import { systemClock } from '../../core/clock.js'
import type { DType } from '../../core/dtype.js'
import { category, number, tensor } from '../../core/fields.js'
import { decodeRaw, dtypeOf, encodeRaw } from '../../core/oip.js'
import { defineModel } from '../../model/define-model.js'
import { createGrpcServer } from './create-grpc-server.js'
import type { GrpcServer } from './options.js'
import { GRPCInferenceService } from './proto/open_inference_pb.js'
import type { ModelInferRequestSchema, ModelInferResponse } from './proto/open_inference_pb.js'

type Request = MessageInitShape<typeof ModelInferRequestSchema>

const shop = defineModel({
  name: 'shop',
  artifact: './model.onnx',
  input: { amount: number({ min: 0, max: 100 }), country: category(['DE', 'FR']) },
  output: { y: number() },
  preprocess: (frame) => ({ x: Float32Array.from(frame.columns.amount.data) }),
  postprocess: (tensors) => ({ y: tensors['y']! }),
})
const labelled = defineModel({
  name: 'labelled',
  artifact: './model.onnx',
  input: { x: tensor({ dtype: 'float32', shape: [3], allowNonFinite: true }) },
  output: { y: tensor({ dtype: 'float32', shape: [3], labels: ['low', 'mid', 'high'], allowNonFinite: true }) },
})

let served: ServedModels
let server: GrpcServer
let client: GrpcTestClient<typeof GRPCInferenceService>

beforeAll(async () => {
  const identities = engineDTypes.map((dtype) => [`same-${dtype}`, { bytes: identityModel(dtype, ['N', 3]) }] as const)
  served = await serveModels({
    ...Object.fromEntries(identities),
    linear: { bytes: linearModel() },
    words: { bytes: stringInputModel() },
    big: { bytes: identityModel('float32', ['N', 'M']) },
    slow: { bytes: slowModel({ ms: 300 }) },
    shop: { bytes: identityModel('float32'), definition: shop },
    labelled: { bytes: identityModel('float32', ['N', 3]), definition: labelled },
  })
  server = createGrpcServer({ plane: served.plane, logger: quietLogger, clock: systemClock, server: { name: 'slipway', version: '1' } })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  client = connectGrpc(GRPCInferenceService, port)
})
afterAll(async () => {
  client.close()
  await server.close()
  await served.close()
})

function outputs({ message, details }: Ended<ModelInferResponse>): Record<string, unknown> {
  if (message === null) throw new Error(details)
  return outputsOf(message)
}

/** Data by output name, read from the raw contents alone, as clients do. */
function outputsOf(message: ModelInferResponse): Record<string, unknown> {
  return Object.fromEntries(
    message.outputs.map(({ name, datatype, shape }, index) => [
      name,
      decodeRaw(message.rawOutputContents[index]!, dtypeOf(datatype)!, shape.map(Number)).data,
    ]),
  )
}

function linear(...rows: readonly (readonly number[])[]): Request {
  const x = { name: 'x', datatype: 'FP32', shape: [BigInt(rows.length), 4n], contents: { fp32Contents: rows.flat() } }
  return { modelName: 'linear', inputs: [x] }
}

describe('one inference', () => {
  test.each(engineDTypes)('elements of %s come back to the bit', async (dtype) => {
    const data = extremes[dtype]
    const { message } = await client.modelMetadata({ name: `same-${dtype}` })
    const datatype = message?.inputs[0]?.datatype ?? ''
    const raw = encodeRaw({ dtype: dtype as DType, shape: [1, 3], data: data as never })
    const answer = await client.modelInfer({
      modelName: `same-${dtype}`,
      inputs: [{ name: 'x', datatype, shape: [1n, 3n] }],
      rawInputContents: [raw],
    })
    expect(outputs(answer)).toEqual({ y: data })
    expect(answer.message?.rawOutputContents.map((bytes) => Uint8Array.from(bytes))).toEqual([raw])
  })

  test('typed contents and raw contents give the same numbers', async () => {
    const typed = linear([1, 2, 3, 4], [0, 0, 0, 0])
    const raw: Request = {
      modelName: 'linear',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2n, 4n] }],
      rawInputContents: [new Uint8Array(Float32Array.of(1, 2, 3, 4, 0, 0, 0, 0).buffer)],
    }
    const [first, second] = [outputs(await client.modelInfer(typed)), outputs(await client.modelInfer(raw))]
    expect(first).toEqual(second)
    expect((first['y'] as Float64Array)[0]).toBeCloseTo(4, 5)
    expect((first['y'] as Float64Array)[1]).toBe(1)
  })

  test('answers in raw contents, with its model, version, id, prediction id and source', async () => {
    const { message } = await client.modelInfer({ ...linear([1, 1, 1, 1]), id: 'q-1', modelVersion: 'champion' })
    expect(message).toMatchObject({ modelName: 'linear', modelVersion: '1', id: 'q-1' })
    expect(message?.outputs[0]).toMatchObject({ name: 'y', datatype: 'FP64', shape: [1n, 1n] })
    expect(message?.outputs[0]?.contents).toBeUndefined()
    expect(message?.parameters['slipway_source']?.parameterChoice).toEqual({ case: 'stringParam', value: 'model' })
    expect(message?.parameters['slipway_prediction_id']?.parameterChoice.value).toMatch(/-0$/)
  })

  test('a message far beyond 4 MiB passes in both directions', async () => {
    const elements = 3 * 1024 * 1024
    const data = Float32Array.from({ length: elements }, (_, i) => i)
    const answer = await client.modelInfer({
      modelName: 'big',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [3n, BigInt(elements / 3)] }],
      rawInputContents: [new Uint8Array(data.buffer)],
    })
    expect(answer.details).toBe('OK')
    expect(Buffer.from(answer.message!.rawOutputContents[0]!).equals(Buffer.from(data.buffer))).toBe(true)
  })

  test('texts in, integers out', async () => {
    const word = {
      name: 'word',
      datatype: 'BYTES',
      shape: [3n, 1n],
      contents: { bytesContents: ['blue', 'red', '?'].map((text) => Buffer.from(text)) },
    }
    expect(outputs(await client.modelInfer({ modelName: 'words', inputs: [word] }))).toEqual({ code: BigInt64Array.of(2n, 0n, -1n) })
  })

  test('the best classes come as texts, with their labels', async () => {
    const answer = await client.modelInfer({
      modelName: 'labelled',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2n, 3n], contents: { fp32Contents: [0.25, 0.5, 0.125, 3, Number.NaN, -1] } }],
      outputs: [{ name: 'y', parameters: { classification: { parameterChoice: { case: 'int64Param', value: 2n } } } }],
    })
    expect(answer.message?.outputs[0]).toMatchObject({ datatype: 'BYTES', shape: [2n, 2n] })
    expect(outputs(answer)['y']).toEqual(['0.5:1:mid', '0.25:0:low', '3:0:low', '-1:2:high'])
  })
})

describe('bad requests', () => {
  const x = { name: 'x', datatype: 'FP32', shape: [1n, 4n], contents: { fp32Contents: [1, 1, 1, 1] } }
  const raw = new Uint8Array(16)
  test.each<readonly [string, Request, number, string]>([
    ['an unknown model', { modelName: 'nope', inputs: [x] }, status.NOT_FOUND, 'MODEL_UNKNOWN'],
    ['an unknown version', { modelName: 'linear', modelVersion: '7', inputs: [x] }, status.NOT_FOUND, 'VERSION_UNKNOWN'],
    ['both kinds of contents', { modelName: 'linear', inputs: [x], rawInputContents: [raw] }, status.INVALID_ARGUMENT, 'INVALID_REQUEST'],
    ['no input', { modelName: 'linear' }, status.INVALID_ARGUMENT, 'INPUT_MISSING'],
    ['an input too many', { modelName: 'linear', inputs: [x, { ...x, name: 'z' }] }, status.INVALID_ARGUMENT, 'INPUT_UNKNOWN'],
    ['an input twice', { modelName: 'linear', inputs: [x, x] }, status.INVALID_ARGUMENT, 'INPUT_DUPLICATE'],
    [
      'another datatype',
      { modelName: 'linear', inputs: [{ ...x, datatype: 'BYTES', contents: { bytesContents: [raw, raw, raw, raw] } }] },
      status.INVALID_ARGUMENT,
      'INPUT_DATATYPE',
    ],
    ['another rank', { modelName: 'linear', inputs: [{ ...x, shape: [4n] }] }, status.INVALID_ARGUMENT, 'INPUT_SHAPE'],
    ['no rows', { modelName: 'linear', inputs: [{ ...x, shape: [0n, 4n], contents: {} }] }, status.INVALID_ARGUMENT, 'INPUT_SHAPE'],
    ['an unknown output', { modelName: 'linear', inputs: [x], outputs: [{ name: 'z' }] }, status.INVALID_ARGUMENT, 'OUTPUT_UNKNOWN'],
    [
      'an output twice',
      { modelName: 'linear', inputs: [x], outputs: [{ name: 'y' }, { name: 'y' }] },
      status.INVALID_ARGUMENT,
      'INVALID_REQUEST',
    ],
  ])('%s', async (_, request, code, slipwayCode) => {
    const answer = await client.modelInfer(request)
    expect({ code: answer.code, slipwayCode: answer.trailers['slipway-code'] }).toEqual({ code, slipwayCode })
    expect(answer.details).not.toMatch(/\/(?:src|work|home|tmp)\/|\.[jt]s:\d/)
  })

  test('a refused row is named, where it stands', async () => {
    const answer = await client.modelInfer({
      modelName: 'shop',
      inputs: [
        { name: 'amount', datatype: 'FP64', shape: [3n, 1n], contents: { fp64Contents: [1, 2, 300] } },
        {
          name: 'country',
          datatype: 'BYTES',
          shape: [3n, 1n],
          contents: { bytesContents: ['DE', 'FR', 'DE'].map((text) => Buffer.from(text)) },
        },
      ],
    })
    expect(answer).toMatchObject({ code: status.INVALID_ARGUMENT, trailers: { 'slipway-code': 'INPUT_RANGE' } })
    expect(answer.details).toMatch(/^row 2: .*amount/)
  })

  test('bytes that are no message are the fault of their sender', async () => {
    const answer = await new Promise<number>((resolve) => {
      const bytes = (value: Uint8Array): Buffer => Buffer.from(value)
      client.raw.makeUnaryRequest(
        '/inference.GRPCInferenceService/ModelInfer',
        bytes,
        (buffer) => buffer,
        Uint8Array.of(0x2a, 200),
        (error) => resolve(error?.code ?? status.OK),
      )
    })
    expect(answer).toBe(status.INVALID_ARGUMENT)
  })

  test('messages past the limits are refused before they are decoded', async () => {
    const small = createGrpcServer({
      plane: served.plane,
      logger: quietLogger,
      clock: systemClock,
      server: { name: 's', version: '1' },
      limits: { bodyBytes: 10_000, elements: 100, parts: 50 },
    })
    const { port } = await small.listen({ host: '127.0.0.1', port: 0 })
    const toSmall = connectGrpc(GRPCInferenceService, port)
    const many = (count: number): Request => linear(...Array.from({ length: count / 4 }, () => [1, 1, 1, 1]))
    expect((await toSmall.modelInfer(many(96))).code).toBe(status.OK)
    expect((await toSmall.modelInfer(many(104))).trailers['slipway-code']).toBe('TOO_MANY_ELEMENTS')
    expect((await toSmall.modelInfer(many(4000))).code).toBe(status.RESOURCE_EXHAUSTED)
    const parts = { modelName: 'linear', inputs: Array.from({ length: 60 }, () => ({})) }
    expect((await toSmall.modelInfer(parts)).trailers['slipway-code']).toBe('TOO_MANY_ELEMENTS')
    toSmall.close()
    await small.close()
  })
})

describe('time', () => {
  const slow: Request = { modelName: 'slow', inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 1n], contents: { fp32Contents: [1] } }] }

  test('a deadline that passes ends the call', async () => {
    expect((await client.modelInfer(slow, { deadlineMs: 30 })).code).toBe(status.DEADLINE_EXCEEDED)
  })

  test('a call that its client cancels ends, and the server goes on', async () => {
    const controller = new AbortController()
    const call = client.modelInfer(slow, { signal: controller.signal })
    controller.abort()
    expect((await call).code).toBe(status.CANCELLED)
    expect((await client.modelInfer(linear([1, 1, 1, 1]))).code).toBe(status.OK)
  })
})
