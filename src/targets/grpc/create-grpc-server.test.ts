import { status } from '@grpc/grpc-js'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linearModel, twoOutputModel } from '../../../test/fixtures/models.js'
import { connectGrpc } from '../../../test/support/grpc-client.js'
import type { GrpcTestClient } from '../../../test/support/grpc-client.js'
import { quietLogger, serveModels } from '../../../test/support/served-models.js'
import type { ServedModels } from '../../../test/support/served-models.js'
import { createAuthorizer } from '../../access/authorizer.js'
import { createKeyStore } from '../../access/key-store.js'
import { systemClock } from '../../core/clock.js'
import { createGrpcServer } from './create-grpc-server.js'
import type { AnsweredCall, GrpcServer, GrpcServerOptions } from './options.js'
import { GRPCInferenceService } from './proto/open_inference_pb.js'

type Client = GrpcTestClient<typeof GRPCInferenceService>

let served: ServedModels
let folder: string
const open: { close(): unknown }[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-grpc-'))
  served = await serveModels({ linear: { bytes: linearModel() }, two: { bytes: twoOutputModel() } })
})
afterAll(async () => {
  for (const one of open) await one.close()
  await served.close()
  rmSync(folder, { recursive: true })
})

async function start(options: Partial<GrpcServerOptions> = {}): Promise<{ server: GrpcServer; client: Client }> {
  const server = createGrpcServer({
    plane: served.plane,
    logger: quietLogger,
    clock: systemClock,
    server: { name: 'slipway', version: '0.1.0' },
    ...options,
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  const client = connectGrpc(GRPCInferenceService, port)
  open.push(client, server)
  return { server, client }
}

const rowOfOnes = {
  modelName: 'linear',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 4n], contents: { fp32Contents: [1, 1, 1, 1] } }],
}

describe('an open server', () => {
  let client: Client
  beforeAll(async () => void ({ client } = await start()))

  test('is live and ready, and so are its models', async () => {
    expect((await client.serverLive({})).message?.live).toBe(true)
    expect((await client.serverReady({})).message?.ready).toBe(true)
    expect((await client.modelReady({ name: 'linear' })).message?.ready).toBe(true)
    expect((await client.modelReady({ name: 'linear', version: '1' })).message?.ready).toBe(true)
  })

  test('tells its name, version and extensions', async () => {
    const { message } = await client.serverMetadata({})
    expect(message).toMatchObject({ name: 'slipway', version: '0.1.0' })
    expect(message?.extensions).toContain('model_repository')
  })

  test('describes a model, the batch dimension first', async () => {
    const { message } = await client.modelMetadata({ name: 'two' })
    expect(message).toMatchObject({
      name: 'two',
      versions: ['1'],
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1n, 2n] }],
      outputs: [
        { name: 'sum', datatype: 'FP64', shape: [-1n, 1n] },
        { name: 'positive', datatype: 'BOOL', shape: [-1n, 1n] },
      ],
    })
  })

  test('gives the configuration, without the batch dimension', async () => {
    const { message } = await client.modelConfig({ name: 'linear', version: '1' })
    expect(message?.config).toMatchObject({
      name: 'linear',
      backend: 'onnxruntime',
      maxBatchSize: 8192,
      input: [{ name: 'x', dataType: 11, dims: [4n] }],
      output: [{ name: 'y', dataType: 12, dims: [1n] }],
      versionPolicy: { policyChoice: { case: 'specific', value: { versions: [1n] } } },
    })
  })

  test('counts what it answered', async () => {
    const before = (await client.modelStatistics({ name: 'linear' })).message?.modelStats[0]
    await client.modelInfer(rowOfOnes)
    const after = (await client.modelStatistics({ name: 'linear' })).message?.modelStats[0]
    expect(after?.inferenceCount).toBe((before?.inferenceCount ?? 0n) + 1n)
    expect(after?.inferenceStats?.success?.count).toBe((before?.inferenceStats?.success?.count ?? 0n) + 1n)
    expect(after?.lastInference).toBeGreaterThan(0n)
    const every = (await client.modelStatistics({})).message?.modelStats.map(({ name }) => name)
    expect(every).toEqual(['linear', 'two'])
  })

  test('unloads and loads models of its registry, and lists them', async () => {
    expect((await client.repositoryModelUnload({ modelName: 'two' })).message).toMatchObject({ modelName: 'two', isUnloaded: true })
    const index = await client.repositoryIndex({})
    expect(index.message?.models.map(({ name, version, state }) => ({ name, version, state }))).toEqual([
      { name: 'linear', version: '1', state: 'READY' },
      { name: 'two', version: '1', state: 'UNAVAILABLE' },
    ])
    expect((await client.repositoryIndex({ ready: true })).message?.models.map(({ name }) => name)).toEqual(['linear'])
    expect(await client.modelReady({ name: 'two' })).toMatchObject({ code: status.OK, message: { ready: false } })
    expect((await client.modelReady({ name: 'nope' })).code).toBe(status.NOT_FOUND)
    // KServe has the name in field 1.
    expect((await client.repositoryModelLoad({ repositoryName: 'two' })).message).toMatchObject({ modelName: 'two', isLoaded: true })
    expect((await client.modelReady({ name: 'two' })).message?.ready).toBe(true)
  })

  test('loads nothing but what its registry holds', async () => {
    const unknown = await client.repositoryModelLoad({ modelName: 'nope' })
    expect(unknown.code).toBe(status.NOT_FOUND)
    expect(unknown.details).toContain('failed to load')
    const config = { config: { parameterChoice: { case: 'stringParam' as const, value: '{}' } } }
    const replaced = await client.repositoryModelLoad({ modelName: 'two', parameters: config })
    expect(replaced.code).toBe(status.UNIMPLEMENTED)
    expect((await client.repositoryModelLoad({})).code).toBe(status.INVALID_ARGUMENT)
  })

  test('says that it knows no such model, version or alias, in every call', async () => {
    const calls = [client.modelReady, client.modelMetadata, client.modelConfig, client.modelStatistics]
    for (const about of calls) {
      const { code, details, trailers } = await about({ name: 'nope' })
      expect({ code, details }).toEqual({ code: status.NOT_FOUND, details: "Request for unknown model: 'nope' is not found" })
      expect(trailers['slipway-code']).toBe('MODEL_UNKNOWN')
    }
    expect((await client.modelMetadata({ name: 'linear', version: '9' })).trailers['slipway-code']).toBe('VERSION_UNKNOWN')
    expect((await client.modelMetadata({ name: 'linear@nope' })).trailers['slipway-code']).toBe('ALIAS_UNKNOWN')
    expect((await client.modelMetadata({ name: 'linear@champion' })).code).toBe(status.OK)
    expect((await client.modelMetadata({ name: 'linear@1', version: '1' })).code).toBe(status.INVALID_ARGUMENT)
  })

  test('sends the id of the request back, and makes one where it is missing or unfit', async () => {
    const given = await client.serverLive({}, { metadata: { 'x-request-id': 'abc-1' } })
    expect(given.headers['x-request-id']).toBe('abc-1')
    const made = await client.serverLive({}, { metadata: { 'x-request-id': 'a b' } })
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/)
  })
})

describe('a server with keys', () => {
  test('answers health to everybody and the rest by scope', async () => {
    const keys = createKeyStore(join(folder, 'keys.json'))
    const { client } = await start({ authorizer: createAuthorizer({ requireKey: true, keys }) })
    const { token } = await keys.create({ name: 'p', scopes: ['predict', 'read'], models: ['linear'] })
    const withKey = { metadata: { authorization: `Bearer ${token}` } }

    expect((await client.serverReady({})).message?.ready).toBe(true)
    for (const refused of [
      client.modelInfer(rowOfOnes),
      client.serverMetadata({}),
      client.repositoryIndex({}),
      client.modelReady({ name: 'linear' }),
    ]) {
      expect((await refused).code).toBe(status.UNAUTHENTICATED)
    }
    expect((await client.modelInfer(rowOfOnes, withKey)).code).toBe(status.OK)
    expect((await client.modelReady({ name: 'linear@champion' }, withKey)).message?.ready).toBe(true)
    expect((await client.modelMetadata({ name: 'two' }, withKey)).code).toBe(status.PERMISSION_DENIED)
    expect((await client.repositoryModelUnload({ modelName: 'linear' }, withKey)).code).toBe(status.PERMISSION_DENIED)
    expect((await client.modelInfer(rowOfOnes, { metadata: { authorization: 'Bearer slp_x' } })).code).toBe(status.UNAUTHENTICATED)
  })

  test('without --require-key lets this machine unload, but nobody whose call came through a proxy', async () => {
    const keys = createKeyStore(join(folder, 'none.json'))
    const { client } = await start({ authorizer: createAuthorizer({ requireKey: false, keys }) })
    const forwarded = await client.repositoryModelUnload({ modelName: 'nope' }, { metadata: { 'x-forwarded-for': '203.0.113.7' } })
    expect(forwarded.code).toBe(status.UNAUTHENTICATED)
    expect((await client.repositoryModelLoad({ modelName: 'two' })).code).toBe(status.OK)
  })
})

describe('the life of a server', () => {
  test('a port that is taken is said to be', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const server = createGrpcServer({ plane: served.plane, logger: quietLogger, clock: systemClock, server: { name: 's', version: '1' } })
    const { port } = other.address() as AddressInfo
    await expect(server.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await server.close()
    other.close()
  })

  test('each call is told to the observer, without its payload', async () => {
    const answered: AnsweredCall[] = []
    const { client } = await start({ observer: { answered: (call) => answered.push(call) } })
    await client.modelInfer(rowOfOnes, { metadata: { 'x-request-id': 'one' } })
    await client.modelInfer({ modelName: 'nope' }, { metadata: { 'x-request-id': 'two' } })
    const path = '/inference.GRPCInferenceService/ModelInfer'
    expect(answered).toMatchObject([
      { path, status: 0, code: null, requestId: 'one' },
      { path, status: status.NOT_FOUND, code: 'MODEL_UNKNOWN', requestId: 'two' },
    ])
  })

  test('a server that drains finishes at once when nothing is under way, and answers no more', async () => {
    const { server, client } = await start()
    expect((await client.serverReady({})).message?.ready).toBe(true)
    await server.drain(10_000)
    expect((await client.serverLive({}, { deadlineMs: 2000 })).code).toBe(status.UNAVAILABLE)
    await server.close()
  })
})
