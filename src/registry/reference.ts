import { SlipwayError } from '../core/errors.js'
import { isDigest } from '../core/registry-store.js'
import { checkAliasName, checkModelName, quoted } from './names.js'

/** What stands after the `@` of a model reference. */
export type Selector =
  | { readonly kind: 'default' }
  | { readonly kind: 'alias'; readonly alias: string }
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'digest'; readonly digest: string }

/** `fraud`, `fraud@champion`, `fraud@3` or `fraud@sha256:<hex>`, taken apart. */
export interface Reference {
  readonly name: string
  readonly selector: Selector
}

/** Reads a model reference. MODEL_NAME for a name that cannot be, VERSION_UNKNOWN for a number or digest that cannot be. */
export function parseReference(reference: string): Reference {
  const at = reference.indexOf('@')
  if (at < 0) return { name: checkModelName(reference), selector: { kind: 'default' } }
  return { name: checkModelName(reference.slice(0, at)), selector: parseSelector(reference.slice(at + 1)) }
}

/** Reads a version number, a digest or an alias. */
export function parseSelector(selector: string | number): Selector {
  const value = String(selector)
  if (isDigest(value)) return { kind: 'digest', digest: value }
  if (/^[1-9][0-9]{0,14}$/u.test(value)) return { kind: 'version', version: Number(value) }
  if (typeof selector === 'number' || /^(?:[0-9]+$|sha256:)/u.test(value)) throw unknownVersion(value)
  return { kind: 'alias', alias: checkAliasName(value) }
}

function unknownVersion(value: string): SlipwayError {
  return new SlipwayError(
    'VERSION_UNKNOWN',
    `${quoted(value)} is neither a version number (1, 2, …) nor a whole digest (sha256: and 64 digits)`,
  )
}
