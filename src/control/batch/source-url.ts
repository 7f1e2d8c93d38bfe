import { SlipwayError } from '../../core/errors.js'

/** What `from` and `to` may name. */
export type Place =
  | { readonly kind: 'files'; readonly path: string }
  | { readonly kind: 'pipe' }
  | { readonly kind: 'stored' }
  | { readonly kind: 'sqlite' | 'duckdb'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string }

/** Reads `sqlite:shop.db`, `duckdb:shop.duckdb`, `postgres://…`, `-`, `stored`, or a path. */
export function placeOf(text: string): Place {
  if (text === '-') return { kind: 'pipe' }
  if (text === 'stored') return { kind: 'stored' }
  if (/^postgres(?:ql)?:\/\//.test(text)) return { kind: 'postgres', url: text }
  const match = /^(sqlite|duckdb):(.+)$/.exec(text)
  if (match !== null) return { kind: match[1] as 'sqlite' | 'duckdb', path: match[2]! }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//.exec(text)
  if (scheme === null) return { kind: 'files', path: text }
  throw new SlipwayError(
    'CONFIG_INVALID',
    `\`${scheme[1]}://\` is no place that slipway knows: a path, -, sqlite:, duckdb:, postgres:// or stored`,
  )
}

/** A URL as it may be shown and kept: without its password. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/:@]*):[^/@]*@/i, '$1@')
}
