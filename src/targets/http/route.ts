import type { Scope } from '../../access/scope.js'
import type { HttpAnswer } from './answer.js'
import type { Dialect } from './dialect.js'
import type { HttpExchange } from './exchange.js'

type RouteMethod = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS'

/** One call of one protocol. */
export interface Route {
  readonly method: RouteMethod
  /** In the router's words: `/v2/models/:model/infer`, `*` for the rest of the path. */
  readonly pattern: string
  /** How its errors look. */
  readonly dialect: Dialect
  /** What a key must allow; `open` for health and pages. */
  readonly scope: Scope | 'open'
  /** The model that the scope is about, when it is not the path parameter `model`. */
  readonly modelName?: (exchange: HttpExchange) => string | null
  readonly handle: (exchange: HttpExchange) => HttpAnswer | Promise<HttpAnswer>
}
