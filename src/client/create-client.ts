import { createModelClient } from './model-client.js'
import type { ModelClient, ModelClientOptions } from './model-client.js'
import type { CallOptions, ClientOptions } from './options.js'
import { isUp } from './health.js'
import { jsonOf } from './read-json.js'
import { createTransport } from './transport.js'
import type { WireRequest } from './transport.js'

/** `GET /v2`. */
export interface ServerMetadata {
  readonly name: string
  readonly version: string
  readonly extensions: readonly string[]
}

/** One entry of the repository index. */
export interface RepositoryModel {
  readonly name: string
  readonly version?: string
  readonly state?: string
  readonly reason?: string
}

/** A server that speaks the Open Inference Protocol: slipway, Triton, KServe, MLServer. */
export interface Client {
  /** True when the server answers that it is live; false when it answers that it is not, or not at all. */
  live(options?: CallOptions): Promise<boolean>
  /** True when the server and its models are ready. */
  ready(options?: CallOptions): Promise<boolean>
  metadata(options?: CallOptions): Promise<ServerMetadata>
  /** Models of the repository; only those that are ready, when asked so. */
  index(options?: CallOptions & { readonly ready?: boolean }): Promise<readonly RepositoryModel[]>
  /** Serves a model of the server's repository, or takes up its newest version. slipway wants a key with the scope `admin`. */
  load(name: string, options?: CallOptions): Promise<void>
  unload(name: string, options?: CallOptions): Promise<void>
  /** One model; `model<typeof definition>(name)` types `predict` by the definition. */
  model<D = unknown>(name: string, options?: ModelClientOptions): ModelClient<D>
}

/** A client of one server. It holds no connection of its own: there is nothing to close. */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options)
  return {
    live: (call) => isUp(transport, '/v2/health/live', call),
    ready: (call) => isUp(transport, '/v2/health/ready', call),
    metadata: async (call) => jsonOf(await transport.send({ method: 'GET', path: '/v2' }, call)) as ServerMetadata,
    async index(call = {}) {
      const body = JSON.stringify(call.ready === true ? { ready: true } : {})
      return jsonOf(await transport.send(post('/v2/repository/index', body), call)) as readonly RepositoryModel[]
    },
    async load(name, call) {
      await transport.send(post(`/v2/repository/models/${encodeURIComponent(name)}/load`, '{}'), call)
    },
    async unload(name, call) {
      await transport.send(post(`/v2/repository/models/${encodeURIComponent(name)}/unload`, '{}'), call)
    },
    model: (name, model = {}) => createModelClient({ transport, nonFinite: options.nonFinite ?? 'literal' }, name, model),
  }
}

function post(path: string, body: string): WireRequest {
  return { method: 'POST', path, headers: { 'content-type': 'application/json' }, body }
}
