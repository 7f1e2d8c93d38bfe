import type { AddressInfo } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { bearerToken } from '../../access/bearer.js'
import { type Authorizer, createAuthorizer } from '../../access/authorizer.js'
import type { KeyStore } from '../../access/key-store.js'
import { SlipwayError, toSlipwayError } from '../../core/errors.js'
import type { Logger } from '../../core/ports.js'
import type { Registry } from '../../registry/registry.js'
import type { DataPlane } from '../../serving/data-plane.js'
import { adminRoutes } from './admin-routes.js'

export interface AdminOptions {
  readonly registry: Registry
  readonly plane: DataPlane
  readonly keys: KeyStore
  /** The token of the first start; it may do everything. */
  readonly token: string
  readonly logger: Logger
  readonly version: string
}

export interface AdminServer {
  listen(address: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  close(): Promise<void>
}

/** The admin API: moves aliases, loads and unloads. It has a port of its own, and every call but `/livez` wants a token, on loopback too. */
export async function createAdminServer(options: AdminOptions): Promise<AdminServer> {
  const { fastify } = await import('fastify')
  const authorizer: Authorizer = createAuthorizer({ requireKey: true, keys: options.keys, adminToken: options.token })
  const app = fastify({ bodyLimit: 64 * 1024, requestTimeout: 30_000, connectionTimeout: 60_000 })
  app.setErrorHandler((error, request, reply) => sendError(options.logger, error, request, reply))
  app.setNotFoundHandler((_, reply) => send(reply, new SlipwayError('ROUTE_UNKNOWN', 'the admin API has no such route')))
  app.get('/livez', () => ({ live: true }))
  for (const route of adminRoutes(options)) {
    app.route({
      method: route.method,
      url: route.path,
      handler: async (request) => {
        const { model } = request.params as { readonly model?: string }
        const token = bearerToken(request.headers.authorization)
        const caller = authorizer.authorize({ token, scope: route.scope, model: model ?? null, loopback: false })
        return route.handle({
          model: model ?? '',
          body: asObject(request.body),
          actor: caller.id === null ? caller.name : `key:${caller.id}`,
        })
      },
    })
  }
  return { listen: (address) => listen(app, address), close: () => app.close() }
}

function asObject(body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined || body === null) return {}
  if (typeof body === 'object' && !Array.isArray(body)) return body as Readonly<Record<string, unknown>>
  throw new SlipwayError('INVALID_REQUEST', 'expected a JSON object as body')
}

async function listen(app: FastifyInstance, address: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }> {
  try {
    await app.listen(address)
  } catch (cause) {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
    throw taken ? new SlipwayError('ADDRESS_IN_USE', `port ${address.port} of ${address.host} is taken`, { cause }) : cause
  }
  return { port: (app.server.address() as AddressInfo).port }
}

function sendError(logger: Logger, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = fromFastify(thrown) ?? toSlipwayError(thrown)
  if (error.code === 'INTERNAL') logger.error({ requestId: request.id, err: error.cause }, 'admin call failed')
  return send(reply, error)
}

/** Fastify's own refusals (broken JSON, body too large, media type) carry a status. */
function fromFastify(thrown: unknown): SlipwayError | null {
  const status = (thrown as { readonly statusCode?: unknown }).statusCode
  if (status === 413) return new SlipwayError('PAYLOAD_TOO_LARGE', 'the body is over 64 KiB')
  if (status === 415) return new SlipwayError('UNSUPPORTED_MEDIA_TYPE', 'expected application/json')
  return status === 400 ? new SlipwayError('INVALID_JSON', 'the body is not valid JSON') : null
}

function send(reply: FastifyReply, error: SlipwayError): FastifyReply {
  return reply.code(error.spec.http).send({ error: { code: error.code, message: error.message } })
}
