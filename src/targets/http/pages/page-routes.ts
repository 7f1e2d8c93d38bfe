import type { HttpAnswer } from '../answer.js'
import { exactJson, json } from '../answer.js'
import { SlipwayError } from '../../../core/errors.js'
import { plainErrors } from '../dialect.js'
import type { HttpExchange } from '../exchange.js'
import { nativeErrors } from '../native/native-errors.js'
import { openApiDocument } from '../openapi/document.js'
import type { RouteParts } from '../route-parts.js'
import type { Route } from '../route.js'
import { plainPage } from './plain-page.js'
import type { StaticFile } from './static-pages.js'

/** `/`, `/docs`, `/openapi.json`, `/metrics` and the files of the dashboard. */
export function pageRoutes(parts: RouteParts): Route[] {
  const index = parts.options.pages?.index ?? plainPage(parts.options.server)
  const openApi = (): HttpAnswer => exactJson(openApiDocument(parts))
  const routes: Route[] = [
    { method: 'GET', pattern: '/', dialect: plainErrors, scope: 'open', handle: (exchange) => home(exchange, index) },
    { method: 'OPTIONS', pattern: '/', dialect: nativeErrors, scope: 'read', handle: openApi },
    { method: 'GET', pattern: '/docs', dialect: nativeErrors, scope: 'open', handle: (exchange) => page(exchange, index) },
    { method: 'GET', pattern: '/assets/*', dialect: nativeErrors, scope: 'open', handle: (exchange) => asset(exchange, parts) },
    { method: 'GET', pattern: '/openapi.json', dialect: nativeErrors, scope: 'read', handle: openApi },
  ]
  const { metrics } = parts.options
  if (metrics === undefined) return routes
  const exposition = async (): Promise<HttpAnswer> => {
    const { contentType, text } = await metrics()
    return { status: 200, contentType, body: text }
  }
  return [...routes, { method: 'GET', pattern: '/metrics', dialect: nativeErrors, scope: 'read', handle: exposition }]
}

/** A browser gets the dashboard, anything else what KServe v1 asks of `/`. */
function home(exchange: HttpExchange, index: StaticFile): HttpAnswer {
  if (exchange.header('accept')?.includes('text/html') === true) return page(exchange, index)
  return json({ status: 'alive', docs: '/docs', openapi: '/openapi.json' })
}

/** What a page may load and do: only what comes from here. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
} as const

function page(exchange: HttpExchange, file: StaticFile): HttpAnswer {
  return fileAnswer(exchange, file, pageHeaders)
}

/** Names under `/assets/` hold a hash of the content: they never change. */
function asset(exchange: HttpExchange, { options }: RouteParts): HttpAnswer {
  const file = options.pages?.files.get(exchange.path)
  if (file === undefined) throw new SlipwayError('ROUTE_UNKNOWN', `no such file: ${exchange.path}`)
  return fileAnswer(exchange, file, { 'x-content-type-options': 'nosniff', 'cache-control': 'public, max-age=31536000, immutable' })
}

function fileAnswer(exchange: HttpExchange, file: StaticFile, headers: Readonly<Record<string, string>>): HttpAnswer {
  const tagged = { ...headers, etag: file.etag }
  if (exchange.header('if-none-match') === file.etag) return { status: 304, contentType: null, body: '', headers: tagged }
  return { status: 200, contentType: file.contentType, body: file.bytes, headers: tagged }
}
