import { SlipwayError } from '../../../core/errors.js'
import type { ServedModel } from '../../../serving/data-plane.js'
import { modelRef } from '../../../serving/model-ref.js'
import { findModel, tritonExtensions } from '../../../serving/triton.js'
import type { HttpAnswer } from '../answer.js'
import { json } from '../answer.js'
import type { HttpExchange } from '../exchange.js'
import { jsonObject } from '../json-body.js'
import type { RouteParts } from '../route-parts.js'
import { isReady } from '../route-parts.js'
import type { Route } from '../route.js'
import { inferWith } from './infer.js'
import { modelConfig, modelMetadata } from './metadata.js'
import { oipErrors } from './oip-errors.js'
import { repositoryIndex, repositoryLoad, repositoryUnload } from './repository.js'
import { modelStatistics } from './statistics.js'

type Handler = (exchange: HttpExchange, parts: RouteParts) => HttpAnswer | Promise<HttpAnswer>

/** The Open Inference Protocol v2 with Triton's extensions; every model call with or without `/versions/{v}`. */
export function oipRoutes(parts: RouteParts): Route[] {
  const route = (method: Route['method'], pattern: string, scope: Route['scope'], handler: Handler): Route => ({
    method,
    pattern,
    scope,
    dialect: oipErrors,
    handle: (exchange) => handler(exchange, parts),
  })
  const ofModel = (method: Route['method'], call: string, scope: Route['scope'], handler: Handler): Route[] => [
    route(method, `/v2/models/:model${call}`, scope, handler),
    route(method, `/v2/models/:model/versions/:version${call}`, scope, handler),
  ]
  return [
    route('GET', '/v2', 'read', serverMetadata),
    route('GET', '/v2/health/live', 'open', live),
    route('GET', '/v2/health/ready', 'open', ready),
    route('GET', '/v2/models', 'read', (_, { plane }) => json({ models: plane.names() })),
    route('GET', '/v2/models/stats', 'read', allStatistics),
    ...ofModel('GET', '', 'read', (exchange, { plane }) => json(modelMetadata(plane, modelOf(exchange, parts)))),
    ...ofModel('GET', '/ready', 'read', modelReady),
    ...ofModel('GET', '/config', 'read', (exchange) => json(modelConfig(modelOf(exchange, parts)))),
    ...ofModel('GET', '/stats', 'read', (exchange) => json({ model_stats: [modelStatistics(modelOf(exchange, parts))] })),
    ...ofModel('POST', '/infer', 'predict', infer),
    ...['/generate', '/generate_stream', '/explain'].flatMap((call) => ofModel('POST', call, 'predict', notOffered)),
    route('POST', '/v2/repository/index', 'read', index),
    route('POST', '/v2/repository/models/:model/load', 'admin', load),
    route('POST', '/v2/repository/models/:model/unload', 'admin', unload),
  ]
}

function modelOf({ params }: HttpExchange, { plane }: RouteParts): ServedModel {
  return findModel(plane, modelRef(params['model'] ?? '', params['version'] ?? null))
}

function serverMetadata(_: HttpExchange, { options }: RouteParts): HttpAnswer {
  return json({ ...options.server, extensions: ['binary_tensor_data', ...tritonExtensions] })
}

function live(_: HttpExchange, { plane }: RouteParts): HttpAnswer {
  return json({ live: plane.live() }, plane.live() ? 200 : 503)
}

/** KServe's SDK reads `ready`, the text of the specification says `live`: both. */
async function ready(_: HttpExchange, parts: RouteParts): Promise<HttpAnswer> {
  const answer = await isReady(parts)
  return json({ ready: answer, live: parts.plane.live() }, answer ? 200 : 503)
}

async function modelReady(exchange: HttpExchange, parts: RouteParts): Promise<HttpAnswer> {
  const { name, selector } = modelRef(exchange.params['model'] ?? '', exchange.params['version'] ?? null)
  findModel(parts.plane, { name, selector })
  const answer = !parts.isDraining() && (await parts.plane.modelReady(name, selector))
  return json({ name, ready: answer }, answer ? 200 : 503)
}

function allStatistics(_: HttpExchange, { plane }: RouteParts): HttpAnswer {
  return json({ model_stats: plane.names().flatMap((name) => plane.versions(name).map(modelStatistics)) })
}

function infer(exchange: HttpExchange, parts: RouteParts): Promise<HttpAnswer> {
  return inferWith(exchange, modelOf(exchange, parts), { parts, route: 'oip', headerBytes: null })
}

function notOffered(): never {
  throw new SlipwayError('UNSUPPORTED', 'this server has no generating or explaining models')
}

async function index(exchange: HttpExchange, { plane, limits }: RouteParts): Promise<HttpAnswer> {
  return json(await repositoryIndex(plane, jsonObject(exchange, limits)))
}

/** Triton answers with an empty body, KServe with `name` and `load`: clients of the first ignore what the second reads. */
async function load(exchange: HttpExchange, { plane, limits }: RouteParts): Promise<HttpAnswer> {
  const name = exchange.params['model'] ?? ''
  await repositoryLoad(plane, name, jsonObject(exchange, limits))
  return json({ name, load: true })
}

async function unload(exchange: HttpExchange, { plane, limits }: RouteParts): Promise<HttpAnswer> {
  const name = exchange.params['model'] ?? ''
  await repositoryUnload(plane, name, jsonObject(exchange, limits))
  return json({ name, unload: true })
}
