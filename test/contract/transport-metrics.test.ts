import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { createAccumulators } from '../../src/monitoring/accumulators.js'
import { createTransportMetrics } from '../../src/monitoring/transport-metrics.js'
import { createGrpcServer } from '../../src/targets/grpc/create-grpc-server.js'
import { GRPCInferenceService } from '../../src/targets/grpc/proto/open_inference_pb.js'
import { createHttpServer } from '../../src/targets/http/create-http-server.js'
import { linearModel } from '../fixtures/models.js'
import { send } from '../fixtures/protocols/exchange.js'
import { connectGrpc } from '../support/grpc-client.js'
import type { ServedModels } from '../support/served-models.js'
import { quietLogger, serveModels } from '../support/served-models.js'

let served: ServedModels

beforeAll(async () => {
  served = await serveModels({ linear: { bytes: linearModel() } })
})
afterAll(() => served.close())

const sink = createAccumulators()
const transports = createTransportMetrics(sink)

function countsOf(name: string): Record<string, number> {
  const family = sink.families().find(({ spec }) => spec.name === name)
  if (family?.type !== 'counter') throw new Error(`there is no counter ${name}`)
  return Object.fromEntries(family.read().map(({ labels, series }) => [Object.values(labels).join(' '), series.value]))
}

it('counts HTTP requests that never reach a model', async () => {
  const options = { plane: served.plane, logger: quietLogger, clock: systemClock, server: { name: 's', version: '1' } }
  const server = await createHttpServer({ ...options, observer: transports.http })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  await send(port, { path: '/models/linear/predict', body: { x: [1, 2, 3, 4] } })
  await send(port, { path: '/models/linear/predict', body: { x: 'bad' } })
  await send(port, { path: '/models/nope/predict', body: {} })
  await send(port, { path: '/models/linear/predict', body: '{"x":' })
  await send(port, { path: `/${'secret/'.repeat(9)}` })
  await vi.waitFor(() =>
    expect(countsOf('slipway_http_requests_total')).toEqual({
      '/models/:model/predict POST OK': 1,
      '/models/:model/predict POST HTTP_400': 1,
      '/models/:model/predict POST MODEL_UNKNOWN': 1,
      '/models/:model/predict POST INVALID_JSON': 1,
      '(none) GET ROUTE_UNKNOWN': 1,
    }),
  )
  await server.close(1000)
})

it('counts gRPC calls that never reach a model', async () => {
  const options = { plane: served.plane, logger: quietLogger, clock: systemClock, server: { name: 's', version: '1' } }
  const server = createGrpcServer({ ...options, observer: transports.grpc })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  const client = connectGrpc(GRPCInferenceService, port)
  await client.modelMetadata({ name: 'linear' })
  await client.modelInfer({ modelName: 'nope' })
  await client.modelInfer({ modelName: 'linear' })
  expect(countsOf('slipway_grpc_calls_total')).toEqual({
    'inference.GRPCInferenceService/ModelMetadata OK': 1,
    'inference.GRPCInferenceService/ModelInfer MODEL_UNKNOWN': 1,
    'inference.GRPCInferenceService/ModelInfer INPUT_MISSING': 1,
  })
  client.close()
  await server.close()
})
