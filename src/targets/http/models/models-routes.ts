import { SlipwayError } from '../../../core/errors.js'
import { modelRef, selectorOf } from '../../../serving/model-ref.js'
import type { HttpAnswer } from '../answer.js'
import { exactJson, json } from '../answer.js'
import type { HttpExchange } from '../exchange.js'
import { jsonObject } from '../json-body.js'
import { nativeErrors } from '../native/native-errors.js'
import type { RouteParts } from '../route-parts.js'
import type { Route } from '../route.js'
import { torchserveErrors } from '../torchserve/torchserve-errors.js'
import { modelInfo, torchserveDescription } from './model-info.js'

/**
 * `/models`, which slipway, TorchServe's management API and SageMaker's multi-model contract share: answers hold the keys of all three.
 * Models are loaded by name only.
 */
export function modelsRoutes(parts: RouteParts): Route[] {
  const native = { dialect: nativeErrors } as const
  const torchserve = { dialect: torchserveErrors } as const
  return [
    { ...native, method: 'GET', pattern: '/models', scope: 'read', handle: (exchange) => list(exchange, parts) },
    { ...native, method: 'GET', pattern: '/models/:model', scope: 'read', handle: (exchange) => one(exchange, parts) },
    { ...native, method: 'POST', pattern: '/models', scope: 'admin', handle: (exchange) => load(exchange, parts) },
    { ...native, method: 'DELETE', pattern: '/models/:model', scope: 'admin', handle: (exchange) => unload(exchange, parts) },
    { ...torchserve, method: 'GET', pattern: '/models/:model/:version', scope: 'read', handle: (exchange) => describe(exchange, parts) },
    { ...torchserve, method: 'PUT', pattern: '/models/:model', scope: 'admin', handle: scaling },
    { ...torchserve, method: 'PUT', pattern: '/models/:model/:version/set-default', scope: 'admin', handle: settingDefault },
  ]
}

/** All of them, or pages of `limit` (TorchServe's `limit` and `next_page_token`). */
function list(exchange: HttpExchange, { plane }: RouteParts): HttpAnswer {
  const names = plane.names()
  const { query } = exchange
  const from = Number(query.get('next_page_token') ?? 0)
  const limit = Number(query.get('limit') ?? names.length)
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(limit) || from < 0 || limit < 0) {
    throw new SlipwayError('INVALID_REQUEST', '`limit` and `next_page_token` are whole numbers')
  }
  const models = names.slice(from, from + limit).map((name) => modelInfo(plane, plane.model(name)))
  const more = limit > 0 && from + limit < names.length
  return exactJson({ models, ...(more ? { nextPageToken: String(from + limit) } : {}) })
}

function one({ params }: HttpExchange, { plane }: RouteParts): HttpAnswer {
  const { name, selector } = modelRef(params['model'] ?? '')
  return exactJson(modelInfo(plane, plane.model(name, selector)))
}

function describe({ params }: HttpExchange, { plane }: RouteParts): HttpAnswer {
  const name = params['model'] ?? ''
  const version = params['version'] ?? 'all'
  const first = plane.model(name, version === 'all' ? {} : selectorOf(version))
  return json((version === 'all' ? plane.versions(name) : [first]).map(torchserveDescription))
}

/** SageMaker sends `{"model_name","url"}`, TorchServe `?model_name=&url=`. */
async function load(exchange: HttpExchange, { plane, limits }: RouteParts): Promise<HttpAnswer> {
  const body = exchange.hasQuery ? Object.fromEntries(exchange.query) : jsonObject(exchange, limits)
  if (body['url'] !== undefined) {
    throw new SlipwayError(
      'UNSUPPORTED',
      'models are not fetched from URLs; add a version with `slipway models add` and load it by `model_name`',
    )
  }
  const name = body['model_name']
  if (typeof name !== 'string') throw new SlipwayError('INVALID_REQUEST', 'the request lacks `model_name`')
  await plane.load(name)
  return json({ modelName: name, status: `Model "${name}" registered` })
}

async function unload({ params }: HttpExchange, { plane }: RouteParts): Promise<HttpAnswer> {
  const name = params['model'] ?? ''
  await plane.unload(name)
  return json({ modelName: name, status: `Model "${name}" unregistered` })
}

function scaling(): never {
  throw new SlipwayError('UNSUPPORTED', 'workers are set when the server starts: `slipway serve --workers`')
}

function settingDefault(): never {
  throw new SlipwayError('UNSUPPORTED', 'the default version is the alias `champion`: `slipway models promote`')
}
