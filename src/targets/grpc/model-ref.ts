import { SlipwayError } from '../../core/errors.js'
import type { DataPlane, ServedModel, VersionSelector } from '../../serving/data-plane.js'

/** A model and which version of it. */
export interface ModelRef {
  readonly name: string
  readonly selector: VersionSelector
}

/** Reads name and version of a request: a version is a number or an alias, and may be part of the name, as in `fraud@champion`. */
export function modelRef(text: string, version: string): ModelRef {
  const at = text.indexOf('@')
  if (at < 0) return { name: text, selector: selectorOf(version) }
  if (version !== '') throw new SlipwayError('INVALID_REQUEST', 'a version is given twice: in the name after `@`, and as the version')
  return { name: text.slice(0, at), selector: selectorOf(text.slice(at + 1)) }
}

function selectorOf(text: string): VersionSelector {
  if (text === '') return {}
  return /^\d+$/.test(text) ? { version: text } : { alias: text }
}

/** The served version; Triton's words for why there is none, since its clients compare them. */
export function findModel(plane: DataPlane, ref: ModelRef): ServedModel {
  try {
    return plane.model(ref.name, ref.selector)
  } catch (error) {
    throw inTritonsWords(error, ref)
  }
}

/** Runs a call of the data plane about a model; as `findModel`. */
export async function aboutModel<T>(ref: ModelRef, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw inTritonsWords(error, ref)
  }
}

function inTritonsWords(error: unknown, { name, selector }: ModelRef): unknown {
  if (!(error instanceof SlipwayError)) return error
  switch (error.code) {
    case 'MODEL_UNKNOWN':
      return new SlipwayError(error.code, `Request for unknown model: '${name}' is not found`)
    case 'VERSION_UNKNOWN':
      return new SlipwayError(error.code, `Request for unknown model: '${name}' version ${selector.version ?? ''} is not found`)
    case 'ALIAS_UNKNOWN':
      return new SlipwayError(error.code, `Request for unknown model: '${name}' has no version or alias '${selector.alias ?? ''}'`)
    default:
      return error
  }
}
