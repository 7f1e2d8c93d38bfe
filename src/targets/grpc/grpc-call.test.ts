import { status } from '@grpc/grpc-js'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { linearModel } from '../../../test/fixtures/models.js'
import { connectGrpc } from '../../../test/support/grpc-client.js'
import type { GrpcTestClient } from '../../../test/support/grpc-client.js'
import { quietLogger, serveModels } from '../../../test/support/served-models.js'
import type { ServedModels } from '../../../test/support/served-models.js'
import { systemClock } from '../../core/clock.js'
import type { DataPlane, Reply, RequestContext, ServedModel } from '../../serving/data-plane.js'
import { createGrpcServer } from './create-grpc-server.js'
import type { GrpcServer } from './options.js'
import { GRPCInferenceService } from './proto/open_inference_pb.js'
import type { ModelInferRequestSchema } from './proto/open_inference_pb.js'

let served: ServedModels
let server: GrpcServer
let client: GrpcTestClient<typeof GRPCInferenceService>
let contexts: RequestContext[]
/** What a request waits for before it goes on to the real model. */
let gate: Promise<void>

/** The real data plane, with an eye on what it is told. */
function watched(plane: DataPlane): DataPlane {
  const watchedModel = (model: ServedModel): ServedModel => ({
    info: model.info,
    submit: (fill, context) => model.submit(fill, context),
    statistics: () => model.statistics(),
    async submitFrame(input, context): Promise<Reply> {
      contexts.push(context)
      await gate
      return model.submitFrame(input, context)
    },
  })
  return {
    live: () => plane.live(),
    ready: () => plane.ready(),
    names: () => plane.names(),
    versions: (name) => plane.versions(name),
    model: (name, selector) => watchedModel(plane.model(name, selector)),
    modelReady: (name, selector) => plane.modelReady(name, selector),
    index: () => plane.index(),
    load: (name) => plane.load(name),
    unload: (name) => plane.unload(name),
  }
}

beforeAll(async () => {
  served = await serveModels({ linear: { bytes: linearModel() } })
  server = createGrpcServer({ plane: watched(served.plane), logger: quietLogger, clock: systemClock, server: { name: 's', version: '1' } })
  client = connectGrpc(GRPCInferenceService, (await server.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(async () => {
  client.close()
  await server.close()
  await served.close()
})
beforeEach(() => {
  contexts = []
  gate = Promise.resolve()
})

function request(timeoutUs?: bigint): MessageInitShape<typeof ModelInferRequestSchema> {
  const timeout = { parameterChoice: { case: 'int64Param' as const, value: timeoutUs ?? 0n } }
  return {
    modelName: 'linear',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 4n], contents: { fp32Contents: [1, 1, 1, 1] } }],
    ...(timeoutUs === undefined ? {} : { parameters: { timeout } }),
  }
}

test('a call without a deadline has no time limit of its own', async () => {
  await client.modelInfer(request(), { metadata: { 'x-request-id': 'r-1' } })
  expect(contexts[0]).toMatchObject({ route: 'grpc', requestId: 'r-1' })
  expect(contexts[0]?.timeoutMs).toBeUndefined()
})

test('the deadline is the time limit, less what the answer needs to arrive', async () => {
  await client.modelInfer(request(), { deadlineMs: 10_000 })
  expect(contexts[0]?.timeoutMs).toBeGreaterThan(9000)
  expect(contexts[0]?.timeoutMs).toBeLessThanOrEqual(9996)
})

test("Triton's timeout parameter counts microseconds, and the earlier limit holds", async () => {
  await client.modelInfer(request(2_000_000n))
  await client.modelInfer(request(2_000_000n), { deadlineMs: 10_000 })
  await client.modelInfer(request(60_000_000n), { deadlineMs: 10_000 })
  await client.modelInfer(request(0n))
  expect(contexts.map(({ timeoutMs }) => (timeoutMs === undefined ? 'none' : Math.round(timeoutMs / 1000)))).toEqual([2, 2, 10, 'none'])
})

test('a cancelled call aborts its signal', async () => {
  let open = (): void => undefined
  gate = new Promise((resolve) => (open = resolve))
  const controller = new AbortController()
  const call = client.modelInfer(request(), { signal: controller.signal })
  await expect.poll(() => contexts.length).toBe(1)
  expect(contexts[0]?.signal?.aborted).toBe(false)
  controller.abort()
  expect((await call).code).toBe(status.CANCELLED)
  await expect.poll(() => contexts[0]?.signal?.aborted).toBe(true)
  open()
})

test('draining waits for calls under way, and cuts those that take too long', async () => {
  let open = (): void => undefined
  gate = new Promise((resolve) => (open = resolve))
  const other = createGrpcServer({
    plane: watched(served.plane),
    logger: quietLogger,
    clock: systemClock,
    server: { name: 's', version: '1' },
  })
  const toOther = connectGrpc(GRPCInferenceService, (await other.listen({ host: '127.0.0.1', port: 0 })).port)
  const finished = toOther.modelInfer(request())
  await expect.poll(() => contexts.length).toBe(1)
  const drained = other.drain(10_000)
  open()
  expect((await finished).code).toBe(status.OK)
  await drained

  gate = new Promise(() => undefined)
  const third = createGrpcServer({
    plane: watched(served.plane),
    logger: quietLogger,
    clock: systemClock,
    server: { name: 's', version: '1' },
  })
  const toThird = connectGrpc(GRPCInferenceService, (await third.listen({ host: '127.0.0.1', port: 0 })).port)
  const cut = toThird.modelInfer(request())
  await expect.poll(() => contexts.length).toBe(2)
  await third.drain(20)
  expect((await cut).code).not.toBe(status.OK)
  toOther.close()
  toThird.close()
})
