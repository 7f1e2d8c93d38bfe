import { healthRoutes } from './health/health-routes.js'
import { kserveV1Routes } from './kserve-v1/kserve-v1-routes.js'
import { mlflowRoutes } from './mlflow/mlflow-routes.js'
import { modelsRoutes } from './models/models-routes.js'
import { nativeRoutes } from './native/native-routes.js'
import { oipRoutes } from './oip/oip-routes.js'
import { pageRoutes } from './pages/page-routes.js'
import type { Route } from './route.js'
import { sagemakerRoutes } from './sagemaker/sagemaker-routes.js'
import type { RouteParts } from './route-parts.js'
import { storedRoutes } from './stored/stored-routes.js'
import { tfservingRoutes } from './tfserving/tfserving-routes.js'
import { torchserveRoutes } from './torchserve/torchserve-routes.js'

/** Every route of every protocol. Where two protocols have one path, the room that they share it in answers both. */
export function allRoutes(parts: RouteParts): Route[] {
  return [
    ...nativeRoutes(parts),
    ...storedRoutes(parts),
    ...oipRoutes(parts),
    ...tfservingRoutes(parts),
    ...kserveV1Routes(parts),
    ...mlflowRoutes(parts),
    ...sagemakerRoutes(parts),
    ...torchserveRoutes(parts),
    ...modelsRoutes(parts),
    ...healthRoutes(parts),
    ...pageRoutes(parts),
  ]
}
