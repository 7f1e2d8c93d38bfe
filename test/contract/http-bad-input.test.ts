import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { badMlflow } from '../fixtures/protocols/bad-mlflow.js'
import { badNative } from '../fixtures/protocols/bad-native.js'
import { badOip } from '../fixtures/protocols/bad-oip.js'
import type { BadRequest } from '../fixtures/protocols/bad-request.js'
import { smallLimits } from '../fixtures/protocols/bad-request.js'
import { badTfserving } from '../fixtures/protocols/bad-tfserving.js'
import { badTorchserve } from '../fixtures/protocols/bad-torchserve.js'
import type { WireAnswer } from '../fixtures/protocols/exchange.js'
import { send } from '../fixtures/protocols/exchange.js'
import { protocolModels } from '../fixtures/protocols/models.js'
import type { TestServer } from '../fixtures/protocols/serve-models.js'
import { serveModels } from '../fixtures/protocols/serve-models.js'

let server: TestServer

beforeAll(async () => {
  server = await serveModels(protocolModels(), { defaultModel: 'many', limits: smallLimits })
})
afterAll(() => server.close())

const neighbour = { path: '/models/many/predict', body: { amount: 1.5, count: 1, member: true, country: 'DE' } }
/** Stack traces, and paths of this machine. */
const leaks = /\n\s+at |node_modules|\.(?:ts|js|mjs):\d|\/(?:home|root|tmp|usr|var|work)\//

/** Each protocol's own error shape, and where its message stands. */
const suites: Readonly<Record<string, { readonly requests: readonly BadRequest[]; readonly shape: (bad: BadRequest) => object }>> = {
  slipway: {
    requests: badNative,
    shape: ({ code }) => ({ error: { code: code ?? (expect.any(String) as unknown), message: expect.any(String) as unknown } }),
  },
  'Open Inference Protocol': { requests: badOip, shape: ({ says }) => ({ error: message(says) }) },
  'TensorFlow Serving': { requests: badTfserving, shape: ({ says }) => ({ error: message(says) }) },
  'MLflow and SageMaker': {
    requests: badMlflow,
    shape: ({ says }) => ({ error_code: expect.stringMatching(/^[A-Z_]+$/) as unknown, message: message(says) }),
  },
  TorchServe: {
    requests: badTorchserve,
    shape: ({ status, says }) => ({ code: status, type: expect.stringMatching(/Exception$/) as unknown, message: message(says) }),
  },
}

describe.each(Object.entries(suites))('bad input in the words of %s', (_, { requests, shape }) => {
  it.each(requests)('refuses $name', async (bad) => {
    const [before, answer, after] = await Promise.all([
      send(server.port, neighbour),
      send(server.port, bad.request),
      send(server.port, neighbour),
    ])
    expect(view(answer)).toEqual({
      status: bad.status,
      type: 'application/json',
      leak: null,
      json: expect.objectContaining(shape(bad)) as unknown,
    })
    expect([score(before), score(after)]).toEqual([13.5, 13.5])
  })
})

function message(says: RegExp | undefined): unknown {
  return says === undefined ? (expect.stringMatching(/\S/) as unknown) : (expect.stringMatching(says) as unknown)
}

function view({ status, headers, text }: WireAnswer): object {
  return { status, type: headers['content-type'], leak: leaks.exec(text)?.[0] ?? null, json: parsed(text) }
}

function parsed(text: string): unknown {
  const value = JSON.parse(text) as { error?: { code?: string; message?: string } }
  // Of slipway's own errors, only what the table says: a row's answer has more.
  const { error } = value
  return typeof error === 'object' ? { error: { code: error.code, message: error.message } } : value
}

function score(answer: WireAnswer): unknown {
  return (JSON.parse(answer.text) as { output?: { score?: number } }).output?.score
}

describe('limits', () => {
  it('accepts -0 where zero is in range', async () => {
    const answer = await send(server.port, { path: '/models/many/predict', body: '{"amount":-0,"count":1,"member":false,"country":"US"}' })
    expect(score(answer)).toBe(1)
  })

  it('logged no defect of its own over all of these requests', () => {
    expect(server.logs.filter(({ level, fields }) => level === 'error' || (fields as { code?: string }).code === 'INTERNAL')).toEqual([])
  })
})
