import type { DataPlane } from '../../serving/data-plane.js'
import type { HttpLimits } from './limits.js'
import type { HttpServerOptions } from './options.js'

/** What the protocols make their routes from. */
export interface RouteParts {
  readonly plane: DataPlane
  readonly options: HttpServerOptions
  readonly limits: HttpLimits
  readonly isDraining: () => boolean
}

/** True when the server wants requests: models answer, and it is not ending. */
export async function isReady({ plane, isDraining }: RouteParts): Promise<boolean> {
  return !isDraining() && plane.live() && (await plane.ready())
}
