// Inputs that a request of the Open Inference Protocol leaves out or adds: the definition says what that means, over HTTP as over gRPC.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { boolean, category, integer, number } from '../../src/core/fields.js'
import type { NamedTensor } from '../../src/core/oip.js'
import { datatypeOf, decodeRaw, dtypeOf, encodeRaw } from '../../src/core/oip.js'
import { createMemoryFeatureStore } from '../../src/drivers/memory/feature-store.js'
import { defineModel } from '../../src/model/define-model.js'
import type { ModelDefinition } from '../../src/model/definition.js'
import { createGrpcServer } from '../../src/targets/grpc/create-grpc-server.js'
import { GRPCInferenceService } from '../../src/targets/grpc/proto/open_inference_pb.js'
import { createHttpServer } from '../../src/targets/http/create-http-server.js'
import { manyInputModel } from '../fixtures/models.js'
import { send } from '../fixtures/protocols/exchange.js'
import { connectGrpc } from '../support/grpc-client.js'
import { quietLogger, serveModels } from '../support/served-models.js'

/** `score` is the sum of the amount, the count, 1 for a member and 10 for DE. */
const definition = defineModel({
  name: 'cards',
  artifact: './many.onnx',
  input: { amount: number({ min: 0 }), count: integer(), member: boolean({ onFail: 'fallback' }), country: category(['DE', 'FR']) },
  output: { score: number() },
  gather: { cards: { key: 'cardId', features: ['amount', 'count'] } },
  guard: { unknownFields: 'ignore' },
  fallback: () => ({ score: -1 }),
}) as unknown as ModelDefinition

interface Answer {
  readonly scores: readonly number[]
  /** Why there are none; null when there are. */
  readonly refusal: string | null
}
type Surface = (tensors: readonly NamedTensor[]) => Promise<Answer>

const surfaces: Record<'http' | 'grpc', Surface> = { http: unready, grpc: unready }
const closing: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  const features = createMemoryFeatureStore()
  await features.putMany('cards', [
    ['a', { amount: 100, count: 3 }],
    ['b', { amount: 200, count: 5 }],
  ])
  const served = await serveModels({ cards: { bytes: manyInputModel(), definition, features } })
  closing.push(() => served.close())
  const options = { plane: served.plane, logger: quietLogger, clock: systemClock, server: { name: 'slipway', version: '1' } }
  const grpc = createGrpcServer(options)
  closing.push(() => grpc.close())
  const http = await createHttpServer(options)
  closing.push(() => http.close(1000))
  surfaces.grpc = grpcSurface((await grpc.listen({ host: '127.0.0.1', port: 0 })).port)
  surfaces.http = httpSurface((await http.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

function unready(): never {
  throw new Error('the servers have not started')
}

function httpSurface(port: number): Surface {
  return async (tensors) => {
    const inputs = tensors.map(({ name, tensor: { dtype, shape, data } }) => ({
      name,
      datatype: datatypeOf(dtype),
      shape,
      parameters: { binary_data_size: encodeRaw({ dtype, shape, data }).length },
    }))
    const json = Buffer.from(JSON.stringify({ inputs }))
    const body = Buffer.concat([json, ...tensors.map(({ tensor }) => encodeRaw(tensor))])
    const headers = { 'inference-header-content-length': String(json.length) }
    const answer = await send(port, { path: '/v2/models/cards/infer', body, headers })
    const { outputs, error = null } = JSON.parse(answer.text) as { outputs?: [{ data: number[] }]; error?: string }
    return { scores: outputs?.[0].data ?? [], refusal: error }
  }
}

function grpcSurface(port: number): Surface {
  const client = connectGrpc(GRPCInferenceService, port)
  closing.push(() => client.close())
  return async (tensors) => {
    const inputs = tensors.map(({ name, tensor: { dtype, shape } }) => ({ name, datatype: datatypeOf(dtype), shape: shape.map(BigInt) }))
    const rawInputContents = tensors.map(({ tensor }) => encodeRaw(tensor))
    const { message, details } = await client.modelInfer({ modelName: 'cards', inputs, rawInputContents })
    const output = message?.outputs[0]
    const raw = message?.rawOutputContents[0]
    if (output === undefined || raw === undefined) return { scores: [], refusal: details }
    const { data } = decodeRaw(raw, dtypeOf(output.datatype)!, output.shape.map(Number))
    return { scores: Array.from(data as Float64Array), refusal: null }
  }
}

const member: NamedTensor = { name: 'member', tensor: { dtype: 'bool', shape: [2, 1], data: Uint8Array.of(1, 0) } }
const country = text('country', 'DE', 'FR')
const amounts = (...values: number[]): NamedTensor => ({
  name: 'amount',
  tensor: { dtype: 'float64', shape: [2, 1], data: Float64Array.from(values) },
})

function text(name: string, ...data: string[]): NamedTensor {
  return { name, tensor: { dtype: 'string', shape: [data.length, 1], data } }
}

describe.each(['http', 'grpc'] as const)('over %s', (name) => {
  const infer: Surface = (tensors) => surfaces[name](tensors)

  it('looks up what the request leaves out', async () => {
    expect(await infer([member, country, text('cardId', 'a', 'b')])).toEqual({ scores: [114, 225], refusal: null })
  })

  it('looks up the rows that have NaN, and leaves the others as they are', async () => {
    expect(await infer([amounts(Number.NaN, 7), member, country, text('cardId', 'a', 'b')])).toEqual({ scores: [114, 32], refusal: null })
  })

  it('refuses rows of which nothing is known', async () => {
    const unknown = await infer([member, country, text('cardId', 'a', 'zz')])
    expect(unknown.refusal).toMatch(/^row 1: .*`amount`, received nothing from `cards` for the key 'zz'/)
    const keyless = await infer([member, country])
    expect(keyless.refusal).toMatch(/^row 0: .*`amount`, received nothing, and no `cardId`/)
  })

  it('refuses a request without a tensor that nothing can stand in for', async () => {
    const { scores, refusal } = await infer([member, text('cardId', 'a', 'b')])
    expect({ scores, refusal }).toEqual({ scores: [], refusal: 'the tensor `country` is required' })
  })

  it('has the fallback answer where the definition says so', async () => {
    expect(await infer([country, text('cardId', 'a', 'b')])).toEqual({ scores: [-1, -1], refusal: null })
  })

  it('leaves tensors unread that the definition lets pass', async () => {
    const more = text('more', 'x')
    expect(await infer([member, country, text('cardId', 'a', 'b'), more])).toEqual({ scores: [114, 225], refusal: null })
  })
})
