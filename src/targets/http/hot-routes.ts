import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PathParams } from './exchange.js'
import type { Pipeline } from './pipeline.js'
import type { Route } from './route.js'

/** Routes that are worth a shortcut, with the form that most of their paths have: no further segments, percent-encoding in keys alone. */
const shortcuts = [
  { method: 'POST', pattern: '/models/:model/predict', path: /^\/models\/([^/?%]+)\/predict(?:\?|$)/ },
  { method: 'POST', pattern: '/v2/models/:model/infer', path: /^\/v2\/models\/([^/?%]+)\/infer(?:\?|$)/ },
  { method: 'GET', pattern: '/models/:model/stored/:key', path: /^\/models\/([^/?%]+)\/stored\/([^/?#;]+)$/ },
] as const

/** What a request target means, when its route is one of the hot ones. */
export type HotTarget = (method: string | undefined, url: string) => { readonly route: Route; readonly params: PathParams } | null

/** Finds the route of a hot request target by its form alone; null for every other target. */
export function createHotTarget(routes: readonly Route[]): HotTarget {
  const entries = shortcuts.flatMap(({ method, pattern, path }) => {
    const route = routes.find((candidate) => candidate.method === method && candidate.pattern === pattern)
    return route === undefined ? [] : [{ route, path }]
  })
  return (method, url) => {
    for (const { route, path } of entries) {
      if (route.method !== method) continue
      const found = path.exec(url)
      if (found === null) continue
      const [, model = '', key] = found
      if (key === undefined) return { route, params: { model } }
      const decoded = decode(key)
      return decoded === null ? null : { route, params: { model, key: decoded } }
    }
    return null
  }
}

/** Null for what is no percent-encoding of UTF-8: the router answers that. */
function decode(text: string): string | null {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

type HotRoutes = (request: IncomingMessage, response: ServerResponse) => boolean

/** Serves the hottest calls past the framework's router, by the same routes and pipeline; false when the request is another. */
export function createHotRoutes(hotTarget: HotTarget, pipeline: Pipeline): HotRoutes {
  return (request, response) => {
    const target = hotTarget(request.method, request.url!)
    if (target === null) return false
    void pipeline.serve(target.route, target.params, request, response)
    return true
  }
}
