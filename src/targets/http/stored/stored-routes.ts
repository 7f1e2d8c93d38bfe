import { SlipwayError } from '../../../core/errors.js'
import type { ActiveSet, StoredPlane } from '../../../serving/stored-plane.js'
import { type HttpAnswer, json } from '../answer.js'
import type { HttpExchange } from '../exchange.js'
import { nativeErrors } from '../native/native-errors.js'
import type { RouteParts } from '../route-parts.js'
import type { Route } from '../route.js'
import { readKeys } from './read-keys.js'
import { StoredTexts } from './stored-text.js'

/** `GET /models/{model}/stored/{key}`, `POST /models/{model}/stored` for many keys, and what the active set is. None without a store. */
export function storedRoutes({ options, limits }: RouteParts): Route[] {
  const { stored } = options
  return stored === undefined ? [] : routesOf(stored, limits)
}

function routesOf(stored: StoredPlane, limits: RouteParts['limits']): Route[] {
  const texts = new StoredTexts()
  const native = { dialect: nativeErrors } as const

  /** Answers in the turn of the request where the store can. */
  function one(exchange: HttpExchange): HttpAnswer | Promise<HttpAnswer> {
    const model = modelOf(exchange)
    const keys = [exchange.params['key'] ?? '']
    const now = stored.lookUpNow(model, keys)
    return now === null ? later(model, keys, exchange) : texts.one(now)
  }

  async function later(model: string, keys: readonly string[], exchange: HttpExchange): Promise<HttpAnswer> {
    return texts.one(await stored.lookUp(model, keys, exchange.context('stored')))
  }

  async function many(exchange: HttpExchange): Promise<HttpAnswer> {
    const model = modelOf(exchange)
    const keys = readKeys(exchange, limits)
    return texts.many(stored.lookUpNow(model, keys) ?? (await stored.lookUp(model, keys, exchange.context('stored'))), keys)
  }

  async function active(exchange: HttpExchange): Promise<HttpAnswer> {
    const model = modelOf(exchange)
    return json(activeInfo(model, await stored.active(model)))
  }

  return [
    { ...native, method: 'GET', pattern: '/models/:model/stored/:key', scope: 'predict', handle: one },
    { ...native, method: 'POST', pattern: '/models/:model/stored', scope: 'predict', handle: many },
    { ...native, method: 'GET', pattern: '/models/:model/stored', scope: 'predict', handle: active },
  ]
}

function modelOf({ params }: HttpExchange): string {
  const model = params['model'] ?? ''
  if (!model.includes('@')) return model
  throw new SlipwayError('INVALID_REQUEST', 'stored predictions are those of the active set of a model: leave out `@` and what follows')
}

function activeInfo(model: string, { set, policy, ageMs }: ActiveSet): object {
  if (set === null) return { model, active: null, policy }
  const { id, version, digest, producedAt, rows, fallbackRows, checksum } = set
  const stale = policy.maxAgeMs !== null && ageMs > policy.maxAgeMs
  const active = { id, version, digest, producedAt: new Date(producedAt).toISOString(), ageMs, stale, rows, fallbackRows, checksum }
  return { model, active, policy }
}
