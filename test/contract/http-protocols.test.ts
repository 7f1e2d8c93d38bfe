import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recorded, WireAnswer } from '../fixtures/protocols/exchange.js'
import { send } from '../fixtures/protocols/exchange.js'
import { protocolModels } from '../fixtures/protocols/models.js'
import { kserveV1 } from '../fixtures/protocols/kserve-v1.js'
import { mlflow } from '../fixtures/protocols/mlflow.js'
import { native } from '../fixtures/protocols/native.js'
import { oipRefusals } from '../fixtures/protocols/oip-refusals.js'
import { otherOipClients } from '../fixtures/protocols/other-oip-clients.js'
import { tfserving } from '../fixtures/protocols/tfserving.js'
import { torchserve } from '../fixtures/protocols/torchserve.js'
import { tritonClient } from '../fixtures/protocols/triton-client.js'
import type { TestServer } from '../fixtures/protocols/serve-models.js'
import { serveModels } from '../fixtures/protocols/serve-models.js'

let server: TestServer

beforeAll(async () => {
  server = await serveModels(protocolModels(), { defaultModel: 'many' })
})
afterAll(() => server.close())

const suites: Readonly<Record<string, readonly Recorded[]>> = {
  'Triton client': tritonClient,
  'other clients of the Open Inference Protocol': otherOipClients,
  'Open Inference Protocol, refusals': oipRefusals,
  'TensorFlow Serving': tfserving,
  'KServe v1': kserveV1,
  'MLflow and SageMaker': mlflow,
  TorchServe: torchserve,
  slipway: native,
}

describe.each(Object.entries(suites))('%s', (_, recorded) => {
  it.each(recorded)('$name', async (exchange) => {
    const answer = await send(server.port, exchange.request)
    expect(received(answer, exchange)).toMatchObject(wanted(exchange))
    exchange.check?.(answer)
  })
})

function received(answer: WireAnswer, { status = 200, json, text, headers = {} }: Recorded): object {
  return {
    status: answer.status,
    unexpected: answer.status === status ? null : answer.text,
    json: json === undefined || answer.status !== status ? null : (JSON.parse(answer.text) as unknown),
    text: text === undefined ? null : answer.text,
    headers: Object.fromEntries(Object.keys(headers).map((name) => [name, answer.headers[name] ?? null])),
  }
}

function wanted({ status = 200, json = null, text, headers = {} }: Recorded): object {
  const matchers = Object.entries(headers).map(([name, value]) => [name, matcher(value)])
  return { status, unexpected: null, json, text: matcher(text ?? null), headers: Object.fromEntries(matchers) as object }
}

function matcher(value: string | RegExp | null): unknown {
  return value instanceof RegExp ? expect.stringMatching(value) : value
}
