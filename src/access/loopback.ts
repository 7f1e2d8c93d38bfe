import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** True for 127.0.0.0/8, ::1 and their IPv4-mapped forms. False for undefined: that is what a socket closed meanwhile says. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false
  const plain = address.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '')
  const family = isIP(plain)
  return family !== 0 && loopback.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

/** True for a host to listen on, or of a URL, that only this machine reaches: `localhost` (RFC 6761) or a loopback address. */
export function isLoopbackHost(host: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(host) || isLoopbackAddress(host)
}

/** What is known of who sent a request. */
export interface CallerInfo {
  /** Of the socket's other end. */
  readonly address: string | undefined
  /** Header values by lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const

/**
 * True when the caller sits on this machine and acts for itself: the socket is local, no proxy passes somebody else's call on, and no
 * web page of another site, or of a name that was rebound to this machine, makes a browser call.
 */
export function isLoopbackCaller({ address, headers }: CallerInfo): boolean {
  if (!isLoopbackAddress(address) || proxyHeaders.some((name) => headers[name] !== undefined)) return false
  const host = single(headers.host) ?? single(headers[':authority'])
  if (host !== null && !isLoopbackUrl(`http://${host}`)) return false
  const origin = single(headers.origin)
  return origin === null || isLoopbackUrl(origin)
}

function isLoopbackUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  return url !== null && isLoopbackHost(url.hostname)
}

function single(value: string | readonly string[] | undefined): string | null {
  if (value === undefined || typeof value === 'string') return value ?? null
  return value[0] ?? null
}
