import { Buffer } from 'node:buffer'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { foreignServer } from '../../test/support/foreign-server.js'
import type { ForeignAnswer, ForeignServer } from '../../test/support/foreign-server.js'
import type { ErrorCode } from '../core/errors.js'
import { createClient } from './create-client.js'
import type { Client } from './create-client.js'
import type { ClientOptions } from './options.js'

let peer: ForeignServer
beforeEach(async () => void (peer = await foreignServer()))
afterEach(() => peer.close())

function client(options: Partial<ClientOptions> = {}): Client {
  return createClient({ url: peer.url, retries: 0, ...options })
}

function outputs(...list: string[]): ForeignAnswer {
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
    peer.answer = () => outputs('{"name":"y","shape":[1],"datatype":"FP32","data":[0.5]}')
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
    expect(peer.received[0]?.line).toBe('POST /v2/models/a%20b/infer')
    expect(peer.received[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'accept-encoding': 'identity' })
    expect(peer.received[0]?.body.toString()).toBe(
      '{"id":"q","parameters":{"priority":1},"inputs":[' +
        '{"name":"x","shape":[1,2],"datatype":"FP32","data":[1.5,NaN]},' +
        '{"name":"word","shape":[1],"datatype":"BYTES","parameters":{"content_type":"str"},"data":["grün \\"x\\""]},' +
        '{"name":"flag","shape":[2],"datatype":"BOOL","data":[true,false]},' +
        '{"name":"big","shape":[1],"datatype":"INT64","data":[9007199254740993]}],' +
        '"outputs":[{"name":"y"},{"name":"z","parameters":{"classification":2}}]}',
    )
  })

  test('NaN is null for servers that want it so', async () => {
    peer.answer = () => outputs()
    await client({ nonFinite: 'null' })
      .model('m')
      .infer({ inputs: [{ name: 'x', shape: [1], data: Float64Array.of(Number.NaN) }] })
    expect(peer.received[0]?.body.toString()).toContain('"data":[null]')
  })

  test('a version is part of the path', async () => {
    peer.answer = () => outputs()
    await client().model('m', { version: '3' }).infer({ inputs: [] })
    expect(peer.received[0]?.line).toBe('POST /v2/models/m/versions/3/infer')
  })

  test('outputs of every datatype come as their own kind of array', async () => {
    peer.answer = () =>
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
    peer.answer = () => ({ body })
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
    expect(peer.received).toEqual([])
  })
})

describe('inference with binary data', () => {
  test('tensors follow the JSON in order, JSON and binary mixed', async () => {
    peer.answer = () => outputs()
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
    const { headers, body } = peer.only()
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
    peer.answer = () => outputs()
    await client()
      .model('m')
      .infer({
        inputs: [
          { name: 'h', shape: [1], datatype: 'FP16', data: Uint16Array.of(0x3c00) },
          { name: 'x', shape: [1], data: Int8Array.of(5) },
        ],
      })
    const { headers, body } = peer.only()
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
      peer.answer = () => ({
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
    peer.answer = () => ({ headers: { 'inference-header-content-length': String(json.length) }, body: `${json}12345678` })
    expect((await failure(client().model('m').infer({ inputs: [] }))).message).toContain('cut short')
  })
})
