import { SlipwayError } from '../../core/errors.js'
import type { VersionSelector } from '../../serving/data-plane.js'

/** A model and which version of it. */
export interface ModelRef {
  readonly name: string
  readonly selector: VersionSelector
}

/** Reads `fraud`, `fraud@champion` or `fraud@3`; `version`, a separate path segment, may be a number or an alias as well. */
export function modelRef(text: string, version: string | null = null): ModelRef {
  const at = text.indexOf('@')
  if (at < 0) return { name: text, selector: selectorOf(version) }
  if (version !== null) throw new SlipwayError('INVALID_REQUEST', 'a version is given twice: after `@` and in the path')
  return { name: text.slice(0, at), selector: selectorOf(text.slice(at + 1)) }
}

const none: VersionSelector = {}

/** Digits are a version, any other text is an alias. */
export function selectorOf(text: string | null): VersionSelector {
  if (text === null) return none
  return /^\d+$/.test(text) ? { version: text } : { alias: text }
}
