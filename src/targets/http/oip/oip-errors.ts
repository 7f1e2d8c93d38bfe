import { SlipwayError } from '../../../core/errors.js'
import type { ErrorCode } from '../../../core/errors.js'
import type { ModelRef } from '../model-ref.js'
import type { DataPlane, ServedModel } from '../../../serving/data-plane.js'
import type { Dialect } from '../dialect.js'
import { errorJson } from '../dialect.js'

/** Texts that Triton answers with, word for word: clients and their tests compare them. */
const fixedTexts: Partial<Readonly<Record<ErrorCode, string>>> = {
  METHOD_NOT_ALLOWED: 'Method Not Allowed',
  ROUTE_UNKNOWN: 'Not Found',
}

/** `{"error":"…"}` (T:docs/protocol/README.md). */
export const oipErrors: Dialect = {
  name: 'oip',
  render: (error) => errorJson(statusOf(error), { error: fixedTexts[error.code] ?? error.message }),
}

/** A version text that is neither a number nor an alias is bad input to Triton, not a missing thing. */
function statusOf(error: SlipwayError): number {
  return error.code === 'ALIAS_UNKNOWN' ? 400 : error.spec.http
}

/** The served version, or Triton's words for why there is none. */
export function oipModel(plane: DataPlane, ref: ModelRef): ServedModel {
  try {
    return plane.model(ref.name, ref.selector)
  } catch (error) {
    throw tritonError(error, ref)
  }
}

/** Triton's words for an unknown model or version; anything else as it is. */
export function tritonError(error: unknown, { name, selector }: ModelRef): unknown {
  if (!(error instanceof SlipwayError)) return error
  switch (error.code) {
    case 'MODEL_UNKNOWN':
      return new SlipwayError(error.code, `Request for unknown model: '${name}' is not found`)
    case 'VERSION_UNKNOWN':
      return new SlipwayError(error.code, `Request for unknown model: '${name}' version ${selector.version ?? ''} is not found`)
    case 'ALIAS_UNKNOWN':
      return new SlipwayError(
        error.code,
        `failed to get model version from specified version string '${selector.alias ?? ''}' (details: \`${name}\` has no such version or alias)`,
      )
    default:
      return error
  }
}
