import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import type { ClientDuplexStream } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linearModel } from '../../../test/fixtures/models.js'
import { connectGrpc } from '../../../test/support/grpc-client.js'
import type { GrpcTestClient } from '../../../test/support/grpc-client.js'
import { quietLogger, serveModels } from '../../../test/support/served-models.js'
import type { ServedModels } from '../../../test/support/served-models.js'
import { systemClock } from '../../core/clock.js'
import { decodeRaw } from '../../core/oip.js'
import { createGrpcServer } from './create-grpc-server.js'
import type { GrpcServer } from './options.js'
import { GRPCInferenceService, ModelInferRequestSchema } from './proto/open_inference_pb.js'
import type { ModelInferRequest, ModelStreamInferResponse } from './proto/open_inference_pb.js'

let served: ServedModels
let server: GrpcServer
let client: GrpcTestClient<typeof GRPCInferenceService>

beforeAll(async () => {
  served = await serveModels({ linear: { bytes: linearModel() } })
  server = createGrpcServer({ plane: served.plane, logger: quietLogger, clock: systemClock, server: { name: 'slipway', version: '1' } })
  client = connectGrpc(GRPCInferenceService, (await server.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(async () => {
  client.close()
  await server.close()
  await served.close()
})

function linear(...row: readonly number[]): MessageInitShape<typeof ModelInferRequestSchema> {
  return { modelName: 'linear', inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 4n], contents: { fp32Contents: [...row] } }] }
}

type Stream = ClientDuplexStream<ModelInferRequest, ModelStreamInferResponse>

function openStream(to: GrpcTestClient<typeof GRPCInferenceService> = client): {
  stream: Stream
  answers: ModelStreamInferResponse[]
  ended: Promise<number>
} {
  const start = to.raw['modelStreamInfer'] as unknown as (this: unknown) => Stream
  const stream = start.call(to.raw)
  const answers: ModelStreamInferResponse[] = []
  stream.on('data', (answer: ModelStreamInferResponse) => answers.push(answer))
  stream.on('error', () => undefined)
  const ended = new Promise<number>((resolve) => stream.on('status', ({ code }) => resolve(code)))
  return { stream, answers, ended }
}

test('answers in the order of its requests, many more than it holds at once', async () => {
  const { stream, answers, ended } = openStream()
  for (let i = 0; i < 500; i++) stream.write(create(ModelInferRequestSchema, { ...linear(i, 0, 0, 0), id: String(i) }))
  stream.end()
  expect(await ended).toBe(status.OK)
  expect(answers.map((answer) => answer.inferResponse?.id)).toEqual(Array.from({ length: 500 }, (_, i) => String(i)))
  const last = decodeRaw(answers[499]!.inferResponse!.rawOutputContents[0]!, 'float64', [1]).data
  expect(last[0]).toBeCloseTo(50.9, 4)
})

test('an error is the answer of its request alone', async () => {
  const { stream, answers, ended } = openStream()
  stream.write(create(ModelInferRequestSchema, { ...linear(1, 1, 1, 1), id: 'a' }))
  stream.write(create(ModelInferRequestSchema, { modelName: 'nope', id: 'b' }))
  stream.write(create(ModelInferRequestSchema, { ...linear(2, 2, 2, 2), id: 'c' }))
  stream.end()
  expect(await ended).toBe(status.OK)
  expect(answers.map(({ errorMessage, inferResponse }) => [inferResponse?.id, errorMessage])).toEqual([
    ['a', ''],
    ['b', "Request for unknown model: 'nope' is not found"],
    ['c', ''],
  ])
})

test('ends when its client cancels it', async () => {
  const { stream, answers, ended } = openStream()
  stream.write(create(ModelInferRequestSchema, linear(1, 1, 1, 1)))
  await expect.poll(() => answers.length).toBe(1)
  stream.cancel()
  expect(await ended).toBe(status.CANCELLED)
  expect((await client.serverLive({})).message?.live).toBe(true)
})

test('a stream that stands idle ends when the server drains, after what it was sent is answered', async () => {
  const other = createGrpcServer({ plane: served.plane, logger: quietLogger, clock: systemClock, server: { name: 's', version: '1' } })
  const toOther = connectGrpc(GRPCInferenceService, (await other.listen({ host: '127.0.0.1', port: 0 })).port)
  const { stream, answers, ended } = openStream(toOther)
  stream.write(create(ModelInferRequestSchema, linear(1, 1, 1, 1)))
  await expect.poll(() => answers.length).toBe(1)
  await other.drain(30_000)
  expect(await ended).toBe(status.UNAVAILABLE)
  toOther.close()
})
