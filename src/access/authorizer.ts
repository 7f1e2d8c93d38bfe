import { createHash, timingSafeEqual } from 'node:crypto'
import { SlipwayError } from '../core/errors.js'
import type { KeyStore } from './key-store.js'
import { permits } from './scope.js'
import type { Grant, Scope } from './scope.js'

/** Who makes a call. */
export interface Principal extends Grant {
  readonly kind: 'anonymous' | 'key' | 'admin-token'
  /** Id of the key, for logs; null for the others. */
  readonly id: string | null
  readonly name: string
}

export interface AuthorizationRequest {
  /** What came as `Authorization: Bearer <token>`; null when nothing came. */
  readonly token: string | null
  readonly scope: Scope
  /** Null for a call about the server as a whole. */
  readonly model: string | null
  /** True when the caller sits on this machine; see `isLoopbackCaller`. Read only where it matters, so that it may be a getter. */
  readonly loopback: boolean
}

/** Decides who may do what. */
export interface Authorizer {
  /** Who is calling, when the call is allowed; else throws UNAUTHENTICATED (no working key) or FORBIDDEN (a key without the scope). */
  authorize(request: AuthorizationRequest): Principal
}

export interface AuthorizerOptions {
  /** Every call needs a key. Without it, predicting and reading are open, and on loopback so is everything. */
  readonly requireKey: boolean
  readonly keys: KeyStore
  /** A token that may do everything; for the admin API. */
  readonly adminToken?: string
}

const anonymous: Principal = { kind: 'anonymous', id: null, name: 'anonymous', scopes: [], models: [] }
const administrator: Principal = { kind: 'admin-token', id: null, name: 'admin token', scopes: ['admin'], models: ['*'] }

/** The policy of one port. The data port and the admin port have one each; the admin port's requires a key always. */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const adminDigest = options.adminToken === undefined ? null : digest(options.adminToken)

  function identify(token: string): Principal | null {
    if (adminDigest !== null && timingSafeEqual(digest(token), adminDigest)) return administrator
    const key = options.keys.verify(token)
    return key === null ? null : { kind: 'key', id: key.id, name: key.name, scopes: key.scopes, models: key.models }
  }

  return {
    authorize(request) {
      const { token, scope, model } = request
      const caller = token === null ? null : identify(token)
      // An open call is open to a caller with a stale or foreign token as well: proxies add tokens of their own.
      if (isOpen(options.requireKey, request)) return caller ?? anonymous
      if (caller === null) throw unauthenticated(token)
      if (permits(caller, scope, model)) return caller
      const subject = model === null ? 'this server' : `model \`${model}\``
      throw new SlipwayError('FORBIDDEN', `the key has no scope \`${scope}\` for ${subject}`)
    },
  }
}

function isOpen(requireKey: boolean, request: AuthorizationRequest): boolean {
  if (requireKey) return false
  return request.scope === 'predict' || request.scope === 'read' || request.loopback
}

function unauthenticated(token: string | null): SlipwayError {
  const text = token === null ? 'this call needs a key: send Authorization: Bearer <key>' : 'the key is unknown, expired or revoked'
  return new SlipwayError('UNAUTHENTICATED', text)
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
