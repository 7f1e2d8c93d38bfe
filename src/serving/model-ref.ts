import { SlipwayError } from '../core/errors.js'
import type { VersionSelector } from './data-plane.js'

/** A model and which version of it. */
export interface ModelRef {
  readonly name: string
  readonly selector: VersionSelector
}

/** Reads `fraud`, `fraud@champion` or `fraud@3`; `version`, given beside the name, may be a number or an alias as well. */
export function modelRef(text: string, version: string | null = null): ModelRef {
  const at = text.indexOf('@')
  if (at < 0) return { name: text, selector: selectorOf(version) }
  if (version !== null) throw new SlipwayError('INVALID_REQUEST', 'a version is given twice: in the name after `@`, and beside it')
  return { name: text.slice(0, at), selector: selectorOf(text.slice(at + 1)) }
}

const none: VersionSelector = {}

/** Digits are a version, any other text is an alias. */
export function selectorOf(text: string | null): VersionSelector {
  if (text === null) return none
  return /^\d+$/.test(text) ? { version: text } : { alias: text }
}
