import type { IncomingHttpHeaders } from 'node:http'

/** A request line and headers that leave no doubt. */
export interface RequestHead {
  /** Request target as sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly contentLength: number
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Visible ASCII, spaces and tabs: header values of other bytes are left to the full parser. */
const plainValue = /^[\t\x20-\x7E]*$/
const requestLine = /^POST (\/[\x21-\x7E]*) HTTP\/1\.1$/
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
 * Reads the head of a plain HTTP/1.1 POST with a Content-Length (RFC 9112), without the empty line that ends it. Null for everything that
 * is unusual, doubtful or wrong: duplicate or folded headers, any framing but Content-Length, no Host. Node's own parser judges that then.
 */
export function parseHead(text: string): RequestHead | null {
  const lines = text.split('\r\n')
  const url = requestLine.exec(lines[0] ?? '')?.[1]
  if (url === undefined) return null
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (let i = 1; i < lines.length; i++) if (!addHeader(headers, lines[i]!)) return null
  const length = headers['content-length']
  if (length === undefined || !/^[0-9]{1,15}$/.test(length) || headers['host'] === undefined) return null
  return { url, headers: Object.freeze(headers), contentLength: Number(length) }
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
