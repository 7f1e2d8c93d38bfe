import { json } from '../answer.js'
import { plainErrors } from '../dialect.js'
import type { RouteParts } from '../route-parts.js'
import type { Route } from '../route.js'

/**
 * What KServe v1 has beyond TF Serving: the list of models. Its `GET /v1/models/{m}` and `:predict` are those of TF Serving, answered there
 * with what both clients read (kserve/docs: data plane v1).
 */
export function kserveV1Routes({ plane }: RouteParts): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/models',
      dialect: plainErrors,
      scope: 'read',
      handle: () => json({ models: plane.names() }),
    },
  ]
}
