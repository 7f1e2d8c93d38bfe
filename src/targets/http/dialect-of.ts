import type { Dialect } from './dialect.js'
import { plainErrors } from './dialect.js'
import { mlflowErrors } from './mlflow/mlflow-errors.js'
import { nativeErrors } from './native/native-errors.js'
import { oipErrors } from './oip/oip-errors.js'
import { torchserveErrors } from './torchserve/torchserve-errors.js'

const byPrefix: readonly (readonly [RegExp, Dialect])[] = [
  [/^\/v2(?:\/|$)/, oipErrors],
  [/^\/v1(?:\/|$)/, plainErrors],
  [/^\/(?:invocations|endpoints)(?:\/|$)/, mlflowErrors],
  [/^\/(?:predictions|explanations|ping)(?:\/|$)/, torchserveErrors],
]

/** The protocol whose paths this one looks like: the words in which an unknown route is refused. */
export function dialectOf(path: string): Dialect {
  return byPrefix.find(([prefix]) => prefix.test(path))?.[1] ?? nativeErrors
}
