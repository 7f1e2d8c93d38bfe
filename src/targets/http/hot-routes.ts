import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PathParams } from './exchange.js'
import type { Pipeline } from './pipeline.js'
import type { Route } from './route.js'

/** Routes that are worth a shortcut, with the form that most of their paths have: no percent-encoding, no further segments. */
const shortcuts = [
  { pattern: '/models/:model/predict', path: /^\/models\/([^/?%]+)\/predict(?:\?|$)/ },
  { pattern: '/v2/models/:model/infer', path: /^\/v2\/models\/([^/?%]+)\/infer(?:\?|$)/ },
] as const

/** Finds the route of a hot request target by its form alone; null for every other target. */
export function createHotTarget(routes: readonly Route[]): (url: string) => { readonly route: Route; readonly params: PathParams } | null {
  const entries = shortcuts.flatMap(({ pattern, path }) => {
    const route = routes.find((candidate) => candidate.method === 'POST' && candidate.pattern === pattern)
    return route === undefined ? [] : [{ route, path }]
  })
  return (url) => {
    for (const { route, path } of entries) {
      const model = path.exec(url)?.[1]
      if (model !== undefined) return { route, params: { model } }
    }
    return null
  }
}

type HotRoutes = (request: IncomingMessage, response: ServerResponse) => boolean

/** Serves the two hottest calls past the framework's router, by the same routes and pipeline; false when the request is another. */
export function createHotRoutes(hotTarget: ReturnType<typeof createHotTarget>, pipeline: Pipeline): HotRoutes {
  return (request, response) => {
    const target = request.method === 'POST' ? hotTarget(request.url!) : null
    if (target === null) return false
    void pipeline.serve(target.route, target.params, request, response)
    return true
  }
}
