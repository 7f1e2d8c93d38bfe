import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PathParams } from './exchange.js'
import type { Pipeline } from './pipeline.js'
import type { Route } from './route.js'

/** Routes that are worth a shortcut, with the form that most of their paths have: no percent-encoding, no further segments. */
const shortcuts = [
  { pattern: '/models/:model/predict', path: /^\/models\/([^/?%]+)\/predict(?:\?|$)/ },
  { pattern: '/v2/models/:model/infer', path: /^\/v2\/models\/([^/?%]+)\/infer(?:\?|$)/ },
] as const

type HotRoutes = (request: IncomingMessage, response: ServerResponse) => boolean

/** Serves the two hottest calls past the framework's router, by the same routes and pipeline; false when the request is another. */
export function createHotRoutes(routes: readonly Route[], pipeline: Pipeline): HotRoutes {
  const entries = shortcuts.flatMap(({ pattern, path }) => {
    const route = routes.find((candidate) => candidate.method === 'POST' && candidate.pattern === pattern)
    return route === undefined ? [] : [{ route, path }]
  })
  return (request, response) => {
    if (request.method !== 'POST') return false
    for (const { route, path } of entries) {
      const model = path.exec(request.url!)?.[1]
      if (model === undefined) continue
      const params: PathParams = { model }
      void pipeline.serve(route, params, request, response)
      return true
    }
    return false
  }
}
