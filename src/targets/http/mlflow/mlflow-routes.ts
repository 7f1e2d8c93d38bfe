import type { HttpAnswer } from '../answer.js'
import { json, text } from '../answer.js'
import type { RouteParts } from '../route-parts.js'
import { isReady } from '../route-parts.js'
import type { Route } from '../route.js'
import { torchserveErrors } from '../torchserve/torchserve-errors.js'
import { invocationModel, invoke } from './invoke.js'
import { mlflowErrors } from './mlflow-errors.js'

/** MLflow's scoring server (mlflow/pyfunc/scoring_server/__init__.py); SageMaker's container contract has the same two paths. */
export function mlflowRoutes(parts: RouteParts): Route[] {
  return [
    {
      method: 'POST',
      pattern: '/invocations',
      dialect: mlflowErrors,
      scope: 'predict',
      modelName: (exchange) => invocationModel(exchange, parts).name,
      handle: (exchange) => invoke(exchange, { ref: invocationModel(exchange, parts), route: 'mlflow', parts }),
    },
    { method: 'GET', pattern: '/ping', dialect: torchserveErrors, scope: 'open', handle: () => ping(parts) },
    { method: 'GET', pattern: '/version', dialect: mlflowErrors, scope: 'read', handle: () => text(parts.options.server.version) },
  ]
}

/** Three contracts in one: TorchServe reads `status`, MLflow and SageMaker the code. */
async function ping(parts: RouteParts): Promise<HttpAnswer> {
  const healthy = await isReady(parts)
  return json({ status: healthy ? 'Healthy' : 'Unhealthy' }, healthy ? 200 : 503)
}
