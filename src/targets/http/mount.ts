import type { FastifyInstance, HTTPMethods } from 'fastify'
import { SlipwayError } from '../../core/errors.js'
import type { Dialect } from './dialect.js'
import type { HttpExchange } from './exchange.js'
import { pathOf } from './exchange.js'
import { MethodNotAllowed } from './failure.js'
import type { Pipeline } from './pipeline.js'
import type { Route } from './route.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    slipway?: Route
  }
}

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Puts the routes into Fastify's router. A hook takes each request over before Fastify looks at its body or content type: whether those
 * are right is for the protocol to say.
 */
export function mountRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  parts: { pipeline: Pipeline; dialectOf: (path: string) => Dialect },
): void {
  app.addHook('onRequest', (request, reply) => {
    reply.hijack()
    const route = request.is404 ? unknownRoute(parts.dialectOf(pathOf(request.raw.url ?? '/'))) : request.routeOptions.config.slipway
    if (route === undefined) throw new Error('a route was mounted without its handler')
    return parts.pipeline.serve(route, request.params as Record<string, string>, request.raw, reply.raw)
  })
  for (const [pattern, group] of byPattern(routes)) {
    for (const route of group) mountOne(app, route, route.method === 'GET' ? ['GET', 'HEAD'] : [route.method])
    const refused = methodNotAllowed(group)
    const served = new Set<string>(refused.allow)
    mountOne(
      app,
      { ...refused.route, pattern },
      methods.filter((method) => !served.has(method)),
    )
  }
  app.setNotFoundHandler(() => {})
}

function byPattern(routes: readonly Route[]): Map<string, Route[]> {
  const groups = new Map<string, Route[]>()
  for (const route of routes) groups.set(route.pattern, [...(groups.get(route.pattern) ?? []), route])
  return groups
}

function mountOne(app: FastifyInstance, route: Route, names: readonly HTTPMethods[]): void {
  app.route({ method: [...names], url: route.pattern, config: { slipway: route }, handler: () => {} })
}

function methodNotAllowed(group: readonly Route[]): { route: Route; allow: readonly string[] } {
  const allow = group.flatMap((route) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]))
  const first = group[0]!
  const route: Route = {
    ...first,
    scope: 'open',
    handle: (exchange) => {
      throw new MethodNotAllowed(exchange.method, allow.join(', '))
    },
  }
  return { route, allow }
}

/** Answers 404 in the words of the protocol whose paths it looks like. */
function unknownRoute(dialect: Dialect): Route {
  return refusingRoute(dialect, ({ method, path }) => new SlipwayError('ROUTE_UNKNOWN', `no such route: ${method} ${path}`))
}

/** Answers a path that the router could not take apart. */
export function unreadablePath(dialect: Dialect): Route {
  return refusingRoute(dialect, () => new SlipwayError('INVALID_REQUEST', 'the path is not valid percent-encoding'))
}

function refusingRoute(dialect: Dialect, errorOf: (exchange: HttpExchange) => SlipwayError): Route {
  const handle = (exchange: HttpExchange): never => {
    throw errorOf(exchange)
  }
  return { method: 'GET', pattern: '(none)', dialect, scope: 'open', handle }
}
