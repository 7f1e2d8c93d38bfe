import { Buffer } from 'node:buffer'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../core/errors.js'
import { createClient } from './create-client.js'
import type { Client } from './create-client.js'
import type { ClientOptions } from './options.js'

// A peer of another make: it answers what the specification says, from texts and bytes that are written out here.

interface Received {
  readonly line: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}
interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

let server: Server
let received: Received[]
let answer: (request: Received) => Answer | Promise<Answer>

beforeEach(async () => {
  received = []
  answer = () => ({ body: '{}' })
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const one = { line: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(parts) }
      received.push(one)
      void respond(one, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

async function respond(request: Received, response: ServerResponse): Promise<void> {
  const { status = 200, headers = {}, body = '' } = await answer(request)
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function client(options: Partial<ClientOptions> = {}): Client {
  return createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, retries: 0, ...options })
}

function onlyRequest(): Received {
  const [request, ...others] = received
  if (request === undefined || others.length > 0) throw new Error(`expected one request, received ${received.length}`)
  return request
}

function outputs(...list: string[]): Answer {
  return { body: `{"model_name":"m","model_version":"7","id":"q","outputs":[${list.join(',')}]}` }
}

async function failure(call: Promise<unknown>): Promise<{ code: ErrorCode; message: string }> {
  return call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: { code: ErrorCode; message: string }) => error,
  )
}

describe('inference over JSON', () => {
  test('a request has the form of the protocol', async () => {
    answer = () => outputs('{"name":"y","shape":[1],"datatype":"FP32","data":[0.5]}')
    await client()
      .model('a b')
      .infer({
        id: 'q',
        parameters: { priority: 1 },
        inputs: [
          { name: 'x', shape: [1, 2], data: Float32Array.of(1.5, Number.NaN) },
          { name: 'word', shape: [1], datatype: 'BYTES', data: ['grün "x"'], parameters: { content_type: 'str' } },
          { name: 'flag', shape: [2], datatype: 'BOOL', data: [true, false] },
          { name: 'big', shape: [1], data: BigInt64Array.of(9_007_199_254_740_993n) },
        ],
        outputs: ['y', { name: 'z', classification: 2 }],
      })
    expect(received[0]?.line).toBe('POST /v2/models/a%20b/infer')
    expect(received[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'accept-encoding': 'identity' })
    expect(received[0]?.body.toString()).toBe(
      '{"id":"q","parameters":{"priority":1},"inputs":[' +
        '{"name":"x","shape":[1,2],"datatype":"FP32","data":[1.5,NaN]},' +
        '{"name":"word","shape":[1],"datatype":"BYTES","parameters":{"content_type":"str"},"data":["grün \\"x\\""]},' +
        '{"name":"flag","shape":[2],"datatype":"BOOL","data":[true,false]},' +
        '{"name":"big","shape":[1],"datatype":"INT64","data":[9007199254740993]}],' +
        '"outputs":[{"name":"y"},{"name":"z","parameters":{"classification":2}}]}',
    )
  })

  test('NaN is null for servers that want it so', async () => {
    answer = () => outputs()
    await client({ nonFinite: 'null' })
      .model('m')
      .infer({ inputs: [{ name: 'x', shape: [1], data: Float64Array.of(Number.NaN) }] })
    expect(received[0]?.body.toString()).toContain('"data":[null]')
  })

  test('a version is part of the path', async () => {
    answer = () => outputs()
    await client().model('m', { version: '3' }).infer({ inputs: [] })
    expect(received[0]?.line).toBe('POST /v2/models/m/versions/3/infer')
  })

  test('outputs of every datatype come as their own kind of array', async () => {
    answer = () =>
      outputs(
        '{"name":"bool","shape":[2],"datatype":"BOOL","data":[true,false]}',
        '{"name":"int8","shape":[1,2],"datatype":"INT8","data":[[-128,127]]}',
        '{"name":"int64","shape":[2],"datatype":"INT64","data":[9007199254740993,-9223372036854775808]}',
        '{"name":"uint64","shape":[1],"datatype":"UINT64","data":[18446744073709551615]}',
        '{"data":[NaN,-Infinity,null,1e-3],"name":"fp32","shape":[4],"datatype":"FP32"}',
        '{"name":"fp64","shape":[],"datatype":"FP64","data":[0.1]}',
        '{"name":"bytes","shape":[2],"datatype":"BYTES","data":["a","ß"],"parameters":{"content_type":"str"}}',
        '{"name":"none","shape":[0,3],"datatype":"FP32","data":[]}',
      )
    const response = await client().model('m').infer({ inputs: [] })
    expect(response).toMatchObject({ modelName: 'm', modelVersion: '7', id: 'q', parameters: {} })
    const data = (name: string): unknown => response.output(name).data
    expect(data('bool')).toEqual(Uint8Array.of(1, 0))
    expect(data('int8')).toEqual(Int8Array.of(-128, 127))
    expect(data('int64')).toEqual(BigInt64Array.of(9_007_199_254_740_993n, -9_223_372_036_854_775_808n))
    expect(data('uint64')).toEqual(BigUint64Array.of(18_446_744_073_709_551_615n))
    expect(data('fp32')).toEqual(Float32Array.of(Number.NaN, -Infinity, Number.NaN, 1e-3))
    expect(data('fp64')).toEqual(Float64Array.of(0.1))
    expect(data('bytes')).toEqual(['a', 'ß'])
    expect(data('none')).toEqual(new Float32Array(0))
    expect(response.output('bytes').parameters).toEqual({ content_type: 'str' })
    expect(() => response.output('nope')).toThrow(expect.objectContaining({ code: 'OUTPUT_UNKNOWN' }))
  })

  test.each([
    ['no object', '[]'],
    ['no outputs', '{"model_name":"m"}'],
    ['no JSON', '<html>'],
    ['an output without data', '{"outputs":[{"name":"y","shape":[1],"datatype":"FP32"}]}'],
    ['an output of an unknown datatype', '{"outputs":[{"name":"y","shape":[1],"datatype":"FP8","data":[1]}]}'],
    ['fewer elements than the shape', '{"outputs":[{"name":"y","shape":[2],"datatype":"FP32","data":[1]}]}'],
    ['an element out of range', '{"outputs":[{"name":"y","shape":[1],"datatype":"UINT8","data":[300]}]}'],
  ])('an answer with %s is an error, not a wrong number', async (_, body) => {
    answer = () => ({ body })
    expect((await failure(client().model('m').infer({ inputs: [] }))).code).toMatch(/^INVALID_/)
  })

  test.each([
    ['elements missing', { name: 'x', shape: [3], data: Float32Array.of(1) }, 'INPUT_SHAPE'],
    ['no datatype', { name: 'x', shape: [1], data: [1] }, 'INPUT_DATATYPE'],
    ['300 for UINT8', { name: 'x', shape: [1], datatype: 'UINT8', data: [300] }, 'INPUT_RANGE'],
    ['1.5 for INT32', { name: 'x', shape: [1], datatype: 'INT32', data: [1.5] }, 'INPUT_TYPE'],
    ['a number among texts', { name: 'x', shape: [1], datatype: 'BYTES', data: [1] }, 'INPUT_TYPE'],
  ] as const)('an input with %s is refused before it is sent', async (_, input, code) => {
    expect(
      (
        await failure(
          client()
            .model('m')
            .infer({ inputs: [input] }),
        )
      ).code,
    ).toBe(code)
    expect(received).toEqual([])
  })
})

describe('inference with binary data', () => {
  test('tensors follow the JSON in order, JSON and binary mixed', async () => {
    answer = () => outputs()
    await client()
      .model('m')
      .infer({
        binary: true,
        inputs: [
          { name: 'a', shape: [2], data: Float32Array.of(1, -2) },
          { name: 'b', shape: [1], datatype: 'INT32', data: [7], binary: false },
          { name: 'c', shape: [2], datatype: 'BYTES', data: ['é', ''] },
          { name: 'd', shape: [2], datatype: 'BYTES', data: [Uint8Array.of(255, 0), Uint8Array.of(1)] },
          { name: 'e', shape: [1], datatype: 'FP16', data: [1] },
        ],
      })
    const { headers, body } = onlyRequest()
    const jsonBytes = Number(headers['inference-header-content-length'])
    expect(JSON.parse(body.subarray(0, jsonBytes).toString())).toEqual({
      parameters: { binary_data_output: true },
      inputs: [
        { name: 'a', shape: [2], datatype: 'FP32', parameters: { binary_data_size: 8 } },
        { name: 'b', shape: [1], datatype: 'INT32', data: [7] },
        { name: 'c', shape: [2], datatype: 'BYTES', parameters: { binary_data_size: 10 } },
        { name: 'd', shape: [2], datatype: 'BYTES', parameters: { binary_data_size: 11 } },
        { name: 'e', shape: [1], datatype: 'FP16', parameters: { binary_data_size: 2 } },
      ],
    })
    const tensors = body.subarray(jsonBytes)
    expect([tensors.readFloatLE(0), tensors.readFloatLE(4)]).toEqual([1, -2])
    expect(tensors.subarray(8, 18)).toEqual(Buffer.from([2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0]))
    expect(tensors.subarray(18, 29)).toEqual(Buffer.from([2, 0, 0, 0, 255, 0, 1, 0, 0, 0, 1]))
    expect(tensors.readUInt16LE(29)).toBe(0x3c00)
    expect(tensors).toHaveLength(31)
  })

  test('FP16, and bytes that are no text, travel binary in a JSON request too', async () => {
    answer = () => outputs()
    await client()
      .model('m')
      .infer({
        inputs: [
          { name: 'h', shape: [1], datatype: 'FP16', data: Uint16Array.of(0x3c00) },
          { name: 'x', shape: [1], data: Int8Array.of(5) },
        ],
      })
    const { headers, body } = onlyRequest()
    const jsonBytes = Number(headers['inference-header-content-length'])
    expect(body.length - jsonBytes).toBe(2)
    expect(body.subarray(0, jsonBytes).toString()).toContain('"data":[5]')
  })

  test('binary outputs are read, wherever in the body they begin', async () => {
    const json =
      '{"model_name":"m","outputs":[' +
      '{"name":"j","shape":[1],"datatype":"FP32","data":[0.5]},' +
      '{"name":"a","shape":[2],"datatype":"INT64","parameters":{"binary_data_size":16}},' +
      '{"name":"w","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}}]}'
    const tensors = Buffer.alloc(27)
    tensors.writeBigInt64LE(-5n, 0)
    tensors.writeBigInt64LE(2n ** 62n, 8)
    Buffer.from([2, 0, 0, 0, 0xc3, 0xa9, 1, 0, 0, 0, 65]).copy(tensors, 16)
    for (const padding of [0, 1, 2, 3]) {
      const header = json + ' '.repeat(padding)
      answer = () => ({
        headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(Buffer.byteLength(header)) },
        body: Buffer.concat([Buffer.from(header), tensors]),
      })
      const response = await client().model('m').infer({ inputs: [], binary: true })
      expect(response.output('j').data).toEqual(Float32Array.of(0.5))
      expect(response.output('a').data).toEqual(BigInt64Array.of(-5n, 2n ** 62n))
      expect(response.output('w').data).toEqual(['é', 'A'])
      const raw = await client().model('m').infer({ inputs: [], binary: true, bytes: 'bytes' })
      expect(raw.output('w').data).toEqual([Uint8Array.of(0xc3, 0xa9), Uint8Array.of(65)])
    }
  })

  test('an answer that is cut short is an error', async () => {
    const json = '{"outputs":[{"name":"a","shape":[2],"datatype":"INT64","parameters":{"binary_data_size":16}}]}'
    answer = () => ({ headers: { 'inference-header-content-length': String(json.length) }, body: `${json}12345678` })
    expect((await failure(client().model('m').infer({ inputs: [] }))).message).toContain('cut short')
  })
})

describe('the other calls', () => {
  test('health is what the status says, whatever the body', async () => {
    answer = ({ line }) => (line.endsWith('/ready') ? { status: 400 } : { body: '' })
    expect(await client().live()).toBe(true)
    expect(await client().ready()).toBe(false)
    expect(await client().model('m').ready()).toBe(false)
    expect(received.map(({ line }) => line)).toEqual(['GET /v2/health/live', 'GET /v2/health/ready', 'GET /v2/models/m/ready'])
  })

  test('a server that is not there is not up, and any other call says that it is unreachable', async () => {
    const gone = client()
    await new Promise((resolve) => server.close(resolve))
    expect(await gone.live()).toBe(false)
    expect((await failure(gone.metadata())).code).toBe('UNREACHABLE')
  })

  test('metadata, statistics, index, load and unload ask the routes of the protocol', async () => {
    const texts: Readonly<Record<string, string>> = {
      'GET /v2': '{"name":"triton","version":"2.50.0","extensions":["statistics"]}',
      'GET /v2/models/m': '{"name":"m","versions":["1"],"platform":"onnxruntime_onnx","inputs":[],"outputs":[]}',
      'GET /v2/models/m/stats': '{"model_stats":[{"name":"m","version":"1","last_inference":1700000000000,"inference_count":2}]}',
      'POST /v2/repository/index': '[{"name":"m","version":"1","state":"READY","reason":""}]',
    }
    answer = ({ line }) => ({ body: texts[line] ?? '' })
    const triton = client({ key: 'slp_x', headers: { 'x-tenant': 'a' } })
    expect(await triton.metadata()).toEqual({ name: 'triton', version: '2.50.0', extensions: ['statistics'] })
    expect((await triton.model('m').metadata()).platform).toBe('onnxruntime_onnx')
    expect((await triton.model('m').statistics())[0]?.inference_count).toBe(2)
    expect(await triton.index({ ready: true })).toEqual([{ name: 'm', version: '1', state: 'READY', reason: '' }])
    await triton.load('m')
    await triton.unload('m')
    expect(received.slice(4).map(({ line }) => line)).toEqual(['POST /v2/repository/models/m/load', 'POST /v2/repository/models/m/unload'])
    expect(received[3]?.body.toString()).toBe('{"ready":true}')
    expect(received[0]?.headers).toMatchObject({ authorization: 'Bearer slp_x', 'x-tenant': 'a' })
  })

  test('a prefix in the URL is kept, and a text that is no URL refused', async () => {
    const { port } = server.address() as AddressInfo
    answer = () => ({ body: '{"name":"n","version":"1","extensions":[]}' })
    await createClient({ url: `http://127.0.0.1:${port}/serving/` }).metadata()
    expect(received[0]?.line).toBe('GET /serving/v2')
    for (const url of ['127.0.0.1:8080', 'ftp://x', 'http://', 'http://x?y']) {
      expect(() => createClient({ url })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    }
  })

  test('bodies are compressed when asked for', async () => {
    answer = () => outputs()
    await client({ compression: 'gzip' }).model('m').infer({ inputs: [], id: 'z' })
    expect(received[0]?.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(onlyRequest().body).toString()).toBe('{"id":"z","inputs":[]}')
  })
})

describe('failures', () => {
  test.each([
    [400, '{"error":"bad shape"}', 'INVALID_REQUEST', 'bad shape'],
    [404, '{"error":"Request for unknown model"}', 'MODEL_UNKNOWN', 'Request for unknown model'],
    [401, '', 'UNAUTHENTICATED', 'the server answered with status 401'],
    [422, '{"detail":[{"loc":["body"]}]}', 'INVALID_REQUEST', '[{"loc":["body"]}]'],
    [400, '{"error":{"code":"INPUT_RANGE","message":"too large"}}', 'INPUT_RANGE', 'too large'],
    [400, '{"error":{"code":"toString","message":"odd"}}', 'INVALID_REQUEST', 'odd'],
    [500, 'Internal Server Error', 'INTERNAL', 'Internal Server Error'],
    [504, '{"error":null}', 'DEADLINE', 'the server answered with status 504'],
  ] as const)('status %i with %s is %s', async (status, body, code, message) => {
    answer = () => ({ status, body })
    expect(await failure(client().metadata())).toMatchObject({ name: 'SlipwayError', code, message })
  })

  test('429 and 503 are tried again, after what Retry-After says', async () => {
    answer = () =>
      received.length < 3 ? { status: received.length === 1 ? 429 : 503, headers: { 'retry-after': '0' } } : { body: '{"name":"n"}' }
    expect((await client({ retries: 2 }).metadata()).name).toBe('n')
    expect(received).toHaveLength(3)
  })

  test('after the last try the error of the server is told', async () => {
    answer = () => ({ status: 429, headers: { 'retry-after': '0' }, body: '{"error":"queue full"}' })
    expect(await failure(client({ retries: 1 }).metadata())).toMatchObject({ code: 'QUEUE_FULL', message: 'queue full' })
    expect(received).toHaveLength(2)
  })

  test('other refusals are not tried again', async () => {
    answer = () => ({ status: 500, body: '{"error":"no"}' })
    await failure(client({ retries: 5 }).metadata())
    expect(received).toHaveLength(1)
  })

  test('a wait that would end past the time limit is not begun', async () => {
    answer = () => ({ status: 503, headers: { 'retry-after': '60' }, body: '{"error":"starting"}' })
    expect(await failure(client({ retries: 5, timeoutMs: 5000 }).metadata())).toMatchObject({ code: 'NOT_READY', message: 'starting' })
    expect(received).toHaveLength(1)
  })

  test('a call ends at its time limit', async () => {
    answer = () => new Promise<Answer>(() => undefined)
    expect((await failure(client().metadata({ timeoutMs: 50 }))).code).toBe('DEADLINE')
  })

  test('a call ends when its caller gives it up, before or while it runs', async () => {
    answer = () => new Promise<Answer>(() => undefined)
    const controller = new AbortController()
    const call = failure(client().metadata({ signal: controller.signal }))
    await expect.poll(() => received.length).toBe(1)
    controller.abort()
    expect((await call).code).toBe('CANCELLED')
    expect((await failure(client().metadata({ signal: controller.signal }))).code).toBe('CANCELLED')
    expect(received).toHaveLength(1)
  })
})
