import type { HttpAnswer } from '../answer.js'
import { json } from '../answer.js'
import { plainErrors } from '../dialect.js'
import type { RouteParts } from '../route-parts.js'
import { isReady } from '../route-parts.js'
import type { Route } from '../route.js'

const liveNames = ['/livez', '/health/live', '/-/healthz'] as const
const readyNames = ['/readyz', '/healthz', '/health', '/health-check', '/health/ready', '/-/ready'] as const

/** What probes of orchestrators and of other servers' charts ask for, under the names that they use. */
export function healthRoutes(parts: RouteParts): Route[] {
  const live = (): HttpAnswer => json({ live: parts.plane.live() }, parts.plane.live() ? 200 : 503)
  const ready = (): Promise<HttpAnswer> => readiness(parts)
  return [...liveNames.map((pattern) => health(pattern, live)), ...readyNames.map((pattern) => health(pattern, ready))]
}

/** `status` in the words of Cog's health check and TorchServe's ping. */
async function readiness(parts: RouteParts): Promise<HttpAnswer> {
  if (await isReady(parts)) return json({ ready: true, live: true, status: 'READY' })
  return json({ ready: false, live: parts.plane.live(), status: parts.isDraining() ? 'DEFUNCT' : 'STARTING' }, 503)
}

function health(pattern: string, handle: Route['handle']): Route {
  return { method: 'GET', pattern, dialect: plainErrors, scope: 'open', handle }
}
