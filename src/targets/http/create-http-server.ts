import type { Server } from 'node:http'
import Fastify from 'fastify'
import type { HttpServer, HttpServerOptions } from './options.js'
import { defaultLimits } from './limits.js'
import { allRoutes } from './all-routes.js'
import { dialectOf } from './dialect-of.js'
import { type FastLane, openFastLane } from './fast-lane/fast-lane.js'
import { createHotRoutes, createHotTarget } from './hot-routes.js'
import { listen, shutDown } from './life.js'
import { pathOf } from './exchange.js'
import { mountRoutes, unreadablePath } from './mount.js'
import { answerClientError, createNodeServer } from './node-server.js'
import { Pipeline } from './pipeline.js'
import { createRequestIds } from '../../serving/request-id.js'
import { routeParts } from './route-parts.js'

/** The REST server: every protocol on one port, over a protocol-free data plane. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...defaultLimits, ...options.limits }
  let draining = false
  const isDraining = (): boolean => draining
  const pipeline = new Pipeline({
    limits,
    logger: options.logger,
    clock: options.clock,
    requestIds: createRequestIds(),
    authorizer: options.authorizer ?? null,
    observer: options.observer ?? null,
    isDraining,
  })
  const routes = allRoutes(routeParts(options, { limits, isDraining }))
  const hotTarget = createHotTarget(routes)
  const hot = createHotRoutes(hotTarget, pipeline)
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: limits.headerBytes },
    frameworkErrors: (_, request, reply) => {
      reply.hijack()
      void pipeline.serve(unreadablePath(dialectOf(pathOf(request.raw.url ?? '/'))), {}, request.raw, reply.raw)
    },
    clientErrorHandler: answerClientError,
    serverFactory: (handler) => createNodeServer(limits, (request, response) => hot(request, response) || handler(request, response)),
  })
  mountRoutes(app, routes, { pipeline, dialectOf })
  await app.ready()
  const lane = openFastLane(app.server, { limits, pipeline, hotTarget, now: () => options.clock.now() })
  return {
    listen: (address) => listen(app, address),
    beginDrain: () => {
      draining = true
    },
    close: async (graceMs) => {
      draining = true
      const until = options.clock.monotonic() + graceMs
      // Still listening, so that probes are told that it is not ready.
      await atMost(graceMs, Promise.all([pipeline.drained(), part(app.server, lane)]))
      await shutDown(app, lane, Math.max(0, until - options.clock.monotonic()))
    },
  }
}

/** Kept connections get this long to hear, with their next answer, that they close: one that is cut may have a request on its way. */
const partingMs = 250

async function part(server: Server, lane: FastLane): Promise<void> {
  const count = await new Promise<number>((resolve) => server.getConnections((_, connections) => resolve(connections)))
  if (count > 0) await new Promise((resolve) => setTimeout(resolve, partingMs))
  lane.end()
  server.closeIdleConnections()
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
