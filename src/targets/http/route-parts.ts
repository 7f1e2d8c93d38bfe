import type { DataPlane } from '../../serving/data-plane.js'
import type { NonFiniteDialect } from '../../core/json-writer.js'
import type { HttpLimits } from './limits.js'
import type { HttpServerOptions } from './options.js'

/** What the protocols make their routes from. */
export interface RouteParts {
  readonly plane: DataPlane
  readonly options: HttpServerOptions
  /** Of the JSON and forms in a body; a small object, since each reader copies it. */
  readonly limits: Pick<HttpLimits, 'depth' | 'elements' | 'parts'>
  /** How NaN and infinities are written in the JSON of the public protocols. */
  readonly nonFinite: NonFiniteDialect
  readonly isDraining: () => boolean
}

/** True when the server wants requests: models answer, and it is not ending. */
export async function isReady({ plane, isDraining }: RouteParts): Promise<boolean> {
  return !isDraining() && plane.live() && (await plane.ready())
}

/** What the routes need of the server's options. */
export function routeParts(
  options: HttpServerOptions,
  { limits, isDraining }: { limits: HttpLimits; isDraining: () => boolean },
): RouteParts {
  const { depth, elements, parts } = limits
  return { plane: options.plane, options, limits: { depth, elements, parts }, nonFinite: options.nonFinite ?? 'null', isDraining }
}
