import type { IncomingHttpHeaders } from 'node:http'

/** A request line and headers that leave no doubt. */
export interface RequestHead {
  readonly method: 'GET' | 'POST'
  /** Request target as sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly contentLength: number
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Visible ASCII, spaces and tabs: header values of other bytes are left to the full parser. */
const plainValue = /^[\t\x20-\x7E]*$/
const requestLine = /^(GET|POST) (\/[\x21-\x7E]*) HTTP\/1\.1$/
/** Headers that change how a message is framed or a connection goes on. */
const delicate = new Set([
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'content-encoding',
])

/**
 * Reads the head of a plain HTTP/1.1 POST with a Content-Length, or of a GET without a body (RFC 9112), without the empty line that ends it.
 * Null for everything that is unusual, doubtful or wrong: duplicate or folded headers, any framing but Content-Length, no Host. Node's own
 * parser judges that then.
 */
export function parseHead(text: string): RequestHead | null {
  const end = text.indexOf('\r\n')
  return end < 0 ? null : parseLine(text.slice(0, end), parseHeaders(text.slice(end + 2)))
}

/** Reads a request line before headers that were read already: most clients send the same ones again. */
export function parseLine(line: string, headers: IncomingHttpHeaders | null): RequestHead | null {
  const found = requestLine.exec(line)
  if (found === null || headers === null) return null
  const method = found[1] as RequestHead['method']
  const length = headers['content-length']
  // A GET that has a body, if an empty one, is unusual.
  if (length === undefined ? method === 'POST' : method === 'GET' || !/^[0-9]{1,15}$/.test(length)) return null
  return { method, url: found[2]!, headers, contentLength: Number(length ?? 0) }
}

/** The headers of a request, without the empty line; null when they leave a doubt. */
export function parseHeaders(text: string): IncomingHttpHeaders | null {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (const line of text.split('\r\n')) if (!addHeader(headers, line)) return null
  return headers['host'] === undefined ? null : Object.freeze(headers)
}

function addHeader(headers: Record<string, string>, line: string): boolean {
  const colon = line.indexOf(':')
  if (colon < 1) return false
  const name = line.slice(0, colon)
  const value = line.slice(colon + 1)
  if (!token.test(name) || !plainValue.test(value)) return false
  const key = name.toLowerCase()
  if (key in headers || (delicate.has(key) && !(key === 'connection' && value.trim().toLowerCase() === 'keep-alive'))) return false
  headers[key] = value.trim()
  return true
}
