import type { ModelRef } from '../../../serving/model-ref.js'
import { modelRef } from '../../../serving/model-ref.js'
import type { HttpAnswer } from '../answer.js'
import type { HttpExchange } from '../exchange.js'
import { invocationModel, invoke } from '../mlflow/invoke.js'
import { mlflowErrors } from '../mlflow/mlflow-errors.js'
import type { RouteParts } from '../route-parts.js'
import type { Route } from '../route.js'

/**
 * What SageMaker has beyond `/ping` and `/invocations`: invoking one model of several (the multi-model container contract), and the path that
 * its runtime clients post to when they are pointed at this server.
 */
export function sagemakerRoutes(parts: RouteParts): Route[] {
  const common = { method: 'POST', dialect: mlflowErrors, scope: 'predict' } as const
  return [
    { ...common, pattern: '/models/:model/invoke', handle: (exchange) => invokeNamed(exchange, parts) },
    {
      ...common,
      pattern: '/endpoints/:endpoint/invocations',
      modelName: (exchange) => endpointModel(exchange, parts).name,
      handle: (exchange) => invoke(exchange, { ref: endpointModel(exchange, parts), route: 'sagemaker', parts }),
    },
  ]
}

function invokeNamed(exchange: HttpExchange, parts: RouteParts): Promise<HttpAnswer> {
  return invoke(exchange, { ref: modelRef(exchange.params['model'] ?? ''), route: 'sagemaker', parts })
}

/**
 * An endpoint called like a model is that model; any other is this server as a whole, where that means one model. Where it does not, it is
 * taken for the name of a model that is unknown.
 */
function endpointModel(exchange: HttpExchange, parts: RouteParts): ModelRef {
  const { plane, options } = parts
  if (exchange.header('x-amzn-sagemaker-target-model') !== null) return invocationModel(exchange, parts)
  const ref = modelRef(exchange.params['endpoint'] ?? '')
  const names = plane.names()
  const isMany = options.defaultModel === undefined && names.length > 1
  return isMany || names.includes(ref.name) ? ref : invocationModel(exchange, parts)
}
