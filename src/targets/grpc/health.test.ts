import { status } from '@grpc/grpc-js'
import type { ClientReadableStream } from '@grpc/grpc-js'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { linearModel } from '../../../test/fixtures/models.js'
import { connectGrpc } from '../../../test/support/grpc-client.js'
import type { GrpcTestClient } from '../../../test/support/grpc-client.js'
import { quietLogger, serveModels } from '../../../test/support/served-models.js'
import type { ServedModels } from '../../../test/support/served-models.js'
import { systemClock } from '../../core/clock.js'
import { createGrpcServer } from './create-grpc-server.js'
import type { GrpcServer } from './options.js'
import { Health, HealthCheckRequestSchema } from './proto/health_pb.js'
import type { HealthCheckResponse } from './proto/health_pb.js'

const serving = 1
const notServing = 2
const serviceUnknown = 3

let served: ServedModels
let server: GrpcServer
let client: GrpcTestClient<typeof Health>

beforeEach(async () => {
  served = await serveModels({ linear: { bytes: linearModel() } })
  server = createGrpcServer({ plane: served.plane, logger: quietLogger, clock: systemClock, server: { name: 'slipway', version: '1' } })
  client = connectGrpc(Health, (await server.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterEach(async () => {
  client.close()
  await server.close()
  await served.close()
})

interface Watch {
  readonly seen: number[]
  readonly ended: Promise<number>
  cancel(): void
}

function watch(service: string): Watch {
  const start = client.raw['watch'] as unknown as (this: unknown, request: unknown) => ClientReadableStream<HealthCheckResponse>
  const stream = start.call(client.raw, create(HealthCheckRequestSchema, { service }))
  const seen: number[] = []
  stream.on('data', (response: HealthCheckResponse) => seen.push(response.status))
  stream.on('error', () => undefined)
  const ended = new Promise<number>((resolve) => stream.on('status', ({ code }) => resolve(code)))
  return { seen, ended, cancel: () => stream.cancel() }
}

test('the server, its service and its models are asked by name', async () => {
  for (const service of ['', 'inference.GRPCInferenceService', 'linear', 'linear/1']) {
    expect((await client.check({ service })).message?.status).toBe(serving)
  }
  expect((await client.check({ service: 'nope' })).code).toBe(status.NOT_FOUND)
  expect((await client.check({ service: 'linear/9' })).code).toBe(status.NOT_FOUND)
})

test('a watch tells the status now, and each change', async () => {
  const ofModel = watch('linear')
  const ofServer = watch('')
  await expect.poll(() => [ofModel.seen, ofServer.seen]).toEqual([[serving], [serving]])
  await served.plane.unload('linear')
  await expect.poll(() => ofModel.seen, { timeout: 5000 }).toHaveLength(2)
  expect(ofModel.seen[1]).not.toBe(serving)
  await served.plane.load('linear')
  await expect.poll(() => ofModel.seen.at(-1), { timeout: 5000 }).toBe(serving)
  ofServer.cancel()
  ofModel.cancel()
  expect(await ofModel.ended).toBe(status.CANCELLED)
})

test('a watch of an unknown service waits for it to come', async () => {
  const later = watch('later')
  await expect.poll(() => later.seen).toEqual([serviceUnknown])
  await served.add('later', { bytes: linearModel() })
  await served.plane.load('later')
  await expect.poll(() => later.seen.at(-1), { timeout: 5000 }).toBe(serving)
})

test('a server about to drain says so, and still answers', async () => {
  const watched = watch('linear')
  await expect.poll(() => watched.seen).toEqual([serving])
  server.beginDrain()
  await expect.poll(() => watched.seen).toEqual([serving, notServing])
  expect((await client.check({ service: '' })).message?.status).toBe(notServing)
  watched.cancel()
  expect(await watched.ended).toBe(status.CANCELLED)
})

test('watchers learn that the server drains, and do not hold it up', async () => {
  const watched = watch('')
  await expect.poll(() => watched.seen).toEqual([serving])
  await server.drain(30_000)
  expect(await watched.ended).toBe(status.OK)
  expect(watched.seen).toEqual([serving, notServing])
})
