import type { RouteParts } from '../route-parts.js'
import { modelPaths, modelSchemas } from './model-paths.js'
import { storedPaths } from './stored-paths.js'

/** The OpenAPI 3.1 document of what is served now. */
export function openApiDocument({ plane, options }: RouteParts): object {
  const models = plane.names().map((name) => plane.model(name).info)
  const stored = options.stored === undefined ? [] : models.map(storedPaths)
  return {
    openapi: '3.1.0',
    info: {
      title: `${options.server.name} prediction API`,
      version: options.server.version,
      description:
        'Predictions of the models served here, in the protocols of slipway, Open Inference Protocol v2, TensorFlow Serving, KServe v1, MLflow, SageMaker and TorchServe.',
    },
    servers: [{ url: '/' }],
    paths: { ...Object.assign({}, ...models.map(modelPaths), ...stored), ...serverPaths(options.metrics !== undefined) },
    components: {
      schemas: { ...Object.assign({}, ...models.map(modelSchemas)), Error: errorSchema, RowError: rowErrorSchema },
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
    },
    ...(options.authorizer === undefined ? {} : { security: [{ key: [] }, {}] }),
  }
}

const rowErrorSchema = {
  type: 'object',
  required: ['code', 'message'],
  properties: { code: { type: 'string' }, field: { type: ['string', 'null'] }, message: { type: 'string' } },
} as const

const errorSchema = {
  type: 'object',
  properties: {
    error: { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' }, requestId: { type: 'string' } } },
  },
} as const

function serverPaths(metrics: boolean): Readonly<Record<string, object>> {
  return {
    '/models': { get: operation('server', 'Models served, with their signatures') },
    '/invocations': { post: operation('server', 'Predict with the only model (MLflow, SageMaker): four JSON forms, CSV') },
    '/v2': { get: operation('server', 'Server metadata (Open Inference Protocol v2)') },
    '/v2/repository/index': { post: operation('repository', 'Models of the registry and their state') },
    '/v2/repository/models/{model}/load': {
      post: { ...operation('repository', 'Serve a model of the registry'), parameters: [modelParameter] },
    },
    '/v2/repository/models/{model}/unload': { post: { ...operation('repository', 'Stop serving a model'), parameters: [modelParameter] } },
    '/v2/health/live': { get: operation('health', 'The process lives') },
    '/v2/health/ready': { get: operation('health', 'Every model answers') },
    '/ping': { get: operation('health', 'Health for SageMaker, TorchServe and MLflow') },
    ...(metrics ? { '/metrics': { get: operation('health', 'Metrics in the Prometheus text format') } } : {}),
  }
}

const modelParameter = { name: 'model', in: 'path', required: true, schema: { type: 'string' } } as const

function operation(tag: string, summary: string): object {
  return { tags: [tag], summary, responses: { 200: { description: 'Done' } } }
}
